#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
examples.py [--machine PAGE...]

Finds every command that README.md and the manual pages show, and what runs it. --machine runs the blocks of commands of
PAGE in the booted machine; tests/vm/cases/255-examples.sh calls it there, as root. Without --machine, prints the
commands that no test runs, and why.

Each block of literal text says in a comment line before it what it is:

    transcript: PLACE [SCENE]    see transcripts.py
    commands: PLACE [SCENE]      commands without their output, which all succeed
    text: KIND                   no commands: a policy, a file, C code, or a drawing

README.md has the comment as <!-- ... -->, the pages have it as .\\" ... PLACE is machine, source (a source tree
with policies), or elsewhere. Commands between words (in `...` or in bold) and those of "elsewhere" are run by a
file of RUNNERS, which has them literally.
"""
import os
import pathlib
import re
import shlex
import subprocess
import sys

import transcripts
from transcripts import DEADLINE, PAGES, PROMPT, REFUSED, SOURCE

# Files that run each command in their lines.
RUNNERS = [".ci/run", "tests/vm/build-machine", *sorted(str(path.relative_to(SOURCE)) for path in
                                                       (SOURCE / "tests/vm").glob("*/*.sh"))]
# What no test runs in these words, and why.
NOT_RUN = {
    "./do uninstall": "tests/units/test_source_install.py runs it below DESTDIR",
    "./do uninstall --purge": "tests/units/test_source_install.py runs it below DESTDIR",
    "sudo ./do uninstall": "tests/units/test_source_install.py runs it below DESTDIR",
    "./do package --nocheck": "builds for minutes, in clean roots; `./do vm` with packages does so",
    "sudo apt install ./build-packages/*/auditfail_*.deb ./build-packages/*/auditfail-preload_*.deb":
        "tests/vm/cases/300-package-install.sh installs the packages",
    "sudo apt purge auditfail": "tests/vm/cases/330-package-removal.sh purges the packages",
    "apt purge": "tests/vm/cases/330-package-removal.sh purges the packages",
    "./do bench": "takes minutes, and measures",
    "./do bench --suite trixie": "takes minutes, and measures",
    "./do bench --suite trixie --json": "takes minutes, and measures",
    "tests/bench/table.py --write FILE.json": "needs the measurements",
    "cc example.c -laudit": "needs the libaudit that `./do native audit` builds",
    "systemctl disable auditd": "takes effect at the next boot",
    "systemctl isolate rescue": "ends the service that runs the cases; 136-restart.sh isolates another target",
}
# The first words of commands. Text in bold or in `...` that begins with another word is no command.
PROGRAMS = """./do apt apt-get auditctl auditfailctl augenrules ausearch cc chmod cp dpkg echo journalctl kill ldconfig ln mkdir
    pam-auth-update pkg-config sed setpriv su sudo systemctl systemd-run systemd-tmpfiles tests/bench/table.py useradd
    varlinkctl""".split()

# How a block runs in the machine, if `$run "$commands"` is not enough: that is a shell that ends at the first failure,
# unless the commands look at statuses themselves ($?). All scenes run with `set -e`.
SCENES = {
    # By alice's login, as after sudo.
    "person": 'echo 1000 >/proc/self/loginuid; $run "$commands"',
    # With accounts that the commands make, or ask for.
    "anna": """
        case $commands in *useradd*) ;; *) useradd -m anna ;; esac
        trap 'loginctl terminate-user anna || :; userdel --force --remove anna || :' EXIT
        $run "$commands"
        getent passwd anna""",
    # After a program lost a record.
    "loss": f"""
        cp "$(command -v auditfailctl)" /usr/local/lib/passwd
        {REFUSED} /usr/local/lib/passwd query passwd --errno=EPERM || [ $? -eq 20 ]
        rm /usr/local/lib/passwd
        for i in $(seq 100); do ! ausearch --input-logs -m TRUSTED_APP -c passwd || break; sleep 0.1; done
        $run "$commands" >/run/examples || {{ cat /run/examples; exit 1; }}
        grep passwd /run/examples""",
    # After a request that was granted, and one that was refused.
    "requests": """
        (echo 1000 >/proc/self/loginuid; auditctl state)
        setpriv --reuid bob --regid bob --clear-groups auditctl state || [ $? -eq 11 ]
        $run "$commands" >/run/examples || { cat /run/examples; exit 1; }
        grep answer=granted /run/examples
        grep answer=refused /run/examples""",
    "editor": 'EDITOR=true $run "$commands"',
    "program": """
        ln -s /usr/bin/true /usr/local/bin/PROGRAM
        trap 'rm /usr/local/bin/PROGRAM' EXIT
        $run "$commands" """,
    "sample": """
        cd "$(mktemp -d)"
        chown alice .
        cp /usr/share/doc/auditfail/examples/audit-or-obey.c .
        $run "$commands" >/run/examples || { cat /run/examples; exit 1; }
        grep 'hwclock.conf:.* (daemon) says log' /run/examples""",
    # The script goes on with a record, and without one if the policy lets it.
    "backup": f"""
        $run "$commands"
        echo log >/etc/auditfail/backup.conf
        auditfailctl reload
        {REFUSED} $run "$commands"
        echo terminate >/etc/auditfail/backup.conf
        auditfailctl reload
        ! {REFUSED} $run "$commands" """,
    "cups": """
        trap 'systemctl stop cups.service cups.socket cups.path; rm -r /etc/systemd/system/cups.service.d
              systemctl daemon-reload' EXIT
        $run "$commands"
        auditfailctl doctor cups.service""",
    "everywhere": f"""
        trap 'rm /etc/ld.so.preload' EXIT
        $run "$commands"
        {REFUSED} useradd mallory || [ $? -eq 77 ]
        ! getent passwd mallory""",
    # `auditfailctl query` ends with 10 for "log".
    "try": """
        trap 'pkill -f "^/usr/libexec/auditfaild --root"; rm -r /tmp/try' EXIT
        $run "$commands" || [ $? -eq 10 ]""",
    # Before systemd 256 there is no varlinkctl.
    "varlink": '! command -v varlinkctl || $run "$commands"',
    # A file that systemd reads.
    "container": """
        trap 'rm -r /etc/systemd/system/auditfaild.service.d; systemctl daemon-reload; systemctl restart auditfaild' EXIT
        mkdir /etc/systemd/system/auditfaild.service.d
        printf '%s\\n' "$commands" >/etc/systemd/system/auditfaild.service.d/container.conf
        systemctl daemon-reload
        systemctl restart auditfaild.service
        ! grep -v '^CapEff:.0*$' /proc/"$(systemctl show --property MainPID --value auditfaild.service)"/status | grep ^CapEff""",
    "trail": """
        trap 'rm -r /etc/systemd/system/auditfaild.service.d; systemctl daemon-reload; systemctl restart auditfaild' EXIT
        $run "$commands" >/run/examples || { cat /run/examples; exit 1; }
        grep 'decisions are recorded there' /run/examples""",
    # bob may query the state with his password, but not stop auditd.
    "polkit": """
        trap 'rm /etc/polkit-1/rules.d/50-auditors.rules; groupdel auditors; systemctl restart polkit.service' EXIT
        printf '%s\\n' "$commands" >/etc/polkit-1/rules.d/50-auditors.rules
        groupadd auditors
        gpasswd -a bob auditors
        systemctl restart polkit.service
        "$SOURCE"/tests/vm/guest/answer 'Password: ' 'password of bob\\n' ssh -tt bob@localhost auditctl state
        ssh -T bob@localhost auditctl stop || [ $? -eq 10 ]""",
}


class Block:
    """Literal text of a page. LINES are what a reader sees, FIRST is the number of its first line, counted from 1."""

    def __init__(self, page, first, lines, mark):
        self.page, self.first, self.lines = page, first, lines
        self.what, self.place, self.scene = mark or (None, None, None)

    @property
    def name(self):
        return f"{self.page.relative_to(SOURCE)}:{self.first}"

    def commands(self):
        """The commands, each as the pair (prompt, command). Without a prompt, the whole block is one script of root."""
        if self.what == "transcript" or any(PROMPT.match(line) for line in self.lines):
            commands = []
            for line in self.lines:
                if match := PROMPT.match(line):
                    commands.append([match[1], match[2]])
                elif self.what == "commands":
                    commands[-1][1] += "\n" + line
            return [(prompt, without_remark(self.page, command)) for prompt, command in commands]
        return [("# ", "\n".join(without_remark(self.page, line) for line in self.lines))]


def without_remark(page, command):
    """README.md explains some commands to the right of them, also in lines below."""
    return re.sub(r"(?m)(?<=\S) {3,}\w.*|^ {20,}\w.*", "", command) if page.suffix == ".md" else command


MARK = r"(transcript|commands|text): (\w+)(?: (\w+))?"


def blocks_of_roff(page):
    section, mark, begin = "", None, None
    lines = page.read_text().split("\n")
    for number, line in enumerate(lines):
        if line.startswith(".SH "):
            section = line
        elif match := re.fullmatch(r'\.\\" ' + MARK, line):
            mark = match.groups()
        elif re.match(r"\.(nf|EX)$", line):
            begin = number + 1
        elif begin and re.match(r"\.(fi|EE)$", line):
            if section != ".SH SYNOPSIS":
                yield Block(page, begin + 1, [transcripts.read_roff(line) for line in lines[begin:number]], mark)
            mark, begin = None, None


def blocks_of_markdown(page):
    mark, block, fence = None, None, False
    for number, line in enumerate([*page.read_text().split("\n"), ""]):
        is_indented = line.startswith("    ") and not fence
        if block and not fence and line and not is_indented:
            while not block.lines[-1]:
                block.lines.pop()
            yield block
            mark, block = None, None
        if match := re.fullmatch("<!-- " + MARK + " -->", line):
            mark = match.groups()
        elif line.startswith("```"):
            if fence:
                yield block
                mark, block = None, None
            else:
                block = Block(page, number + 2, [], mark)
            fence = not fence
        elif fence or block or is_indented:
            block = block or Block(page, number + 1, [], mark)
            block.lines.append(line if fence else line[4:])
    if block:
        yield block


def blocks(page):
    """The blocks of literal text in PAGE, in their order."""
    return list(blocks_of_markdown(page) if page.suffix == ".md" else blocks_of_roff(page))


def bold(line):
    """The parts of a line of roff that are bold."""
    shown = transcripts.read_roff(re.sub(r"\\f[BI](.*?)\\f[RP]", r"\1", line))
    request, _, rest = shown.partition(" ")
    rest = rest.replace("\\(dq", "'")
    if request == ".B":
        yield rest.replace('"', "")
    elif request in (".BR", ".BI", ".RB", ".IB"):
        words = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', rest)]
        yield from words[request in (".RB", ".IB")::2]
    yield from re.findall(r"\\fB(.*?)\\f[RP]", line.replace(r"\-", "-"))


def named(page):
    """The commands with arguments that PAGE names between its words, without its blocks."""
    text = page.read_text()
    if page.suffix == ".md":
        parts = re.findall(r"`([^`]+)`", re.sub(r"```.*?```|^    .*?$", "", text, flags=re.DOTALL | re.MULTILINE))
    else:
        text = re.sub(r"^\.(nf|EX)\n.*?^\.(fi|EE)$", "", text, flags=re.DOTALL | re.MULTILINE)
        parts = [part for line in text.split("\n") for part in bold(line)]
    words = [part.strip().split(" ") for part in parts]
    return sorted({" ".join(command) for command in words
                   if len(command) > 1 and (command[0] in PROGRAMS or re.match(r"[A-Z_]+=", command[0]))})


def plain(command):
    """COMMAND in a form in which two ways to write it are equal."""
    command = re.sub(r"\S*/do\b", "./do", re.sub(r"['\"\\]", "", command))
    command = re.sub(r"\bEDITOR=\w+", "EDITOR", command)
    command = re.sub(r"\b(sudo( -n)?|--) |\.service\b|\s+[A-Z]+( .*)?$|:$", "", command.replace(" >>", " >"))
    return " ".join(command.split())


def read_runs():
    """All commands that the blocks and the runners run, in their plain form."""
    lines = [line for page in PAGES for block in blocks(page) if block.what == "transcript" or
             block.what == "commands" and block.place != "elsewhere"
             for _, text in block.commands() for line in text.replace("\\\n", " ").split("\n")]
    lines += [line for name in RUNNERS for line in (SOURCE / name).read_text().replace("\\\n", " ").split("\n")
              if not line.lstrip().startswith("#")]
    return "\n".join(map(plain, lines))


def claims():
    """The commands that no block runs, each as the pair (page, command): those between words, and those of "elsewhere"."""
    for page in PAGES:
        name = str(page.relative_to(SOURCE))
        yield from ((name, command) for command in named(page))
        yield from ((name, line) for block in blocks(page) if block.what == "commands" and block.place == "elsewhere"
                    for _, text in block.commands() for line in text.split("\n"))


def without_run():
    """The commands that nothing runs, each as the pair (page, command)."""
    runs = read_runs()
    # test_samples.py compiles the samples with the commands of their pages.
    return [(page, command) for page, command in claims() if not command.startswith("cc ") and
            not re.search(r"(?<![\w-])" + re.escape(plain(command)) + r"(?![\w-])", runs)]


def run(block):
    """Runs the commands of BLOCK in the booted machine, as root. Returns its exit status and its output."""
    parts = [command if prompt == "# " else "setpriv --reuid=alice --regid=alice --init-groups sh -ec " + shlex.quote(command)
             for prompt, command in block.commands()]
    commands = "\n".join(parts if block.what == "commands" else block.lines)
    scene = SCENES[block.scene] if block.scene else '$run "$commands"'
    environment = {"SOURCE": str(SOURCE), "commands": commands, "run": "sh -c" if "$?" in commands else "sh -ec",
                   "DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(["sh", "-c", f"{transcripts.AS_INSTALLED}\nset -ex\n{scene}"], env=os.environ | environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE,
                            text=True, errors="replace", check=False)
    return result.returncode, result.stdout


def runs_in_machine(block):
    return block.what == "commands" and block.place == "machine" or block.what == "text" and block.scene


def main(arguments):
    if "--machine" not in arguments:
        for page, command in without_run():
            print(f"{page}: {command}: {NOT_RUN.get(command, 'no test runs it')}")
        return 0
    failed = False
    for page in (page for page in PAGES if page.name in arguments):
        for block in filter(runs_in_machine, blocks(page)):
            status, output = run(block)
            print(f"{block.name}: status {status}", output if status else "", flush=True)
            failed = failed or status != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
