#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
transcripts.py [--write] [--machine] [--into FOLDER]

Runs the transcripts in README.md and the manual pages, and compares them with what the programs print now. --write puts
the new output into the pages, --into puts pages with it into FOLDER. --machine takes the transcripts that need the booted
machine; tests/vm/cases/250-transcripts.sh calls it there, as root. `./do transcripts` does it all. BUILD names the build
folder (build).

A comment line before a block marks a transcript:

    README.md     <!-- transcript: PLACE [SCENE] -->    before a block between lines of ```
    man/*         .\\" transcript: PLACE [SCENE]         before .nf or .EX

PLACE is demo (the block is the output of client/examples/demo.sh), here (a mount namespace with an /etc of its own; needs
root), or machine. Lines that begin with a prompt are commands, and the lines after them are their output. "# " runs as root,
"$ " and "alice$ " as alice. The commands of a page share one shell. A block without commands is the output of its scene.
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", SOURCE / "build")).resolve()
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "man").glob("*.[1-8]")),
         *sorted((SOURCE / "native").glob("*/man/*.section"))]
COLOURS = re.compile(r"\x1b\[[\d;]*[A-Za-z]")  # on the terminal of alice
PROMPT = re.compile(r"(# |\$ |alice\$ )(.+)")
DEADLINE = 300  # seconds that the commands of a page may take, also in an emulated machine

REFUSED = "setpriv --bounding-set=-audit_write --inh-caps=-audit_write"
SCENES = {
    # The commands run without CAP_AUDIT_WRITE, as in a container.
    "refused": f'{REFUSED} sh -c "$commands"',
    "stopped": f"{REFUSED} auditfailctl run useradd mallory",
    "pam": 'printf "account requisite $FOLDER/pam_auditfail.so\\naccount required pam_permit.so\\n'
           'auth required pam_permit.so\\nsession required pam_permit.so\\n" >/etc/pam.d/su\n'
           f"{REFUSED} su root -c true 2>&1 | head -n 1",
    "diagnostics": """
        rm /etc/auditfail/sudo.conf
        printf '# passwd(1)\\n\\nterminat\\n' >/etc/auditfail/passwd.conf
        chmod g+w /etc/auditfail/su.conf
        chmod 600 /etc/auditfail/useradd.conf
        cron=$(mktemp /tmp/auditfail-cron.XXXXXX)
        ln -sf "$cron" /etc/auditfail/cron.conf
        echo log >/etc/auditfail/sudo
        auditfailctl check
        rm $cron""",
    "next": 'auditfailctl doctor cups.service | sed -n "/^ *next /,\\$ p"',
    "guard": """
        auditfailctl guard on >/dev/null
        systemctl stop auditd
        auditfailctl guard off >/dev/null""",
    "lost": f"""
        cp "$(command -v auditfailctl)" /usr/local/lib/passwd
        ssh alice@localhost sudo {REFUSED} /usr/local/lib/passwd \\
                query passwd --errno=EPERM --operation=audit_log_user_message --record=USER_CHAUTHTOK >/dev/null
        rm /usr/local/lib/passwd
        record='op=audit-failure application="passwd"'
        for i in $(seq 100); do ! grep -q "$record" /var/log/audit/audit.log || break; sleep 0.1; done
        grep "$record" /var/log/audit/audit.log | tail -n 1 | cut -d "$(printf '\\035')" -f 1""",
    "request": """
        ssh -tt alice@localhost "sudo auditctl stop --reason='disk replacement'" >/dev/null
        grep op=auditd-stop /var/log/audit/audit.log | tail -n 1 | cut -d "$(printf '\\035')" -f 1""",
}

# An /etc, a /run and accounts of the commands' own, with the policy of the source tree and a daemon.
NAMESPACE = r"""
    set -e
    mount -t tmpfs -o mode=755 none "$FOLDER"
    daemon=
    trap '[ -z "$daemon" ] || kill $daemon' EXIT
    cp -a /etc "$FOLDER"/etc
    rm -rf "$FOLDER"/etc/auditfail "$FOLDER"/etc/auditfail.*
    install -d -m 755 "$FOLDER"/etc/auditfail
    install -m 644 "$SOURCE"/etc/auditfail/*.conf "$FOLDER"/etc/auditfail
    mount --bind "$FOLDER"/etc /etc
    cp "$BUILD"/client/preload/libauditfail-preload.so "$BUILD"/client/pam/pam_auditfail.so "$FOLDER"
    export AUDITFAIL_PRELOAD="$FOLDER"/libauditfail-preload.so
    for folder in /run /var/log /var/mail /home; do mount -t tmpfs -o mode=755 none $folder; done
    getent passwd auditfail >/dev/null || useradd --system auditfail >/dev/null 2>&1
    mkdir -p -m 755 /run/auditfail
    auditfaild --listen /run/auditfail/io.auditfail.Policy --user root --no-trail --log stderr 2>/run/log &
    daemon=$!
    for i in $(seq 100); do [ ! -S /run/auditfail/io.auditfail.Policy ] || break; sleep 0.1; done
    set +e
    sh -c "$scene"
"""

# Before each transcript in the booted machine, which is to start from the machine as installed.
AS_INSTALLED = """
    {
        auditctl -e 1
        userdel eve
        userdel mallory
        auditfailctl guard off
        rm -f /etc/auditfail/*
        install -m 644 "$SOURCE"/etc/auditfail/*.conf /etc/auditfail
        auditfailctl reload
        systemctl reset-failed auditd
        systemctl start auditd
    } >/dev/null 2>&1
"""

# What differs from run to run, and what stands for it.
VARIES = [
    (r"\S*/auditfail\.\w{6}", "/tmp/auditfail.XXXXXX"),
    (r"(?<=/proc/)\d+|(?<=\bkill )\d+", "N"),
    (r"\b(o?pid[= ]\"?|o?uid[= ]\"?|o?ses=\"?|session[ -])\d+", r"\1N"),
    (r" --user root", ""),
    (r"\bpts/\d+", "pts/N"),
    (r"\bgeneration \d+", "generation N"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE"),
    (r"\(\d\d/\d\d/\d+ \d\d:\d\d:\d\d\.\d+", "(DATE"),
    (r"\b\d{10}\.\d{3}:\d+", "EVENT"),
    (r"\(DATE:\d+", "(DATE"),
    (r"ausearch -a \d+", "ausearch -a N"),
    (r"after \d+\.\d s", "after N s"),
    (r"\brequest=(\"?)[0-9a-f]{16}", r"request=\g<1>X"),
    (r"\s(subj|olabel)=\S+", r" \1=?"),
    (r" subj=\?", ""),
    (r", auid \d+\)", ")"),  # who runs the demo may have a login
    (r"\b(o?auid)=(alice|1000)", r"\1=alice"),  # ausearch before 3.1 prints numbers in such a record
    (r"\buid=root", "uid=N"),
    (r"\bhostname=[\w-]+", "hostname=HOST"),
    (r"(?m) +$", ""),  # ausearch -i ends its lines with a blank
]


class Transcript:
    """A marked block. LINES are its lines as a reader sees them; FIRST and LAST are their places in the page."""

    def __init__(self, page, place, scene, first, last, lines):
        self.page, self.place, self.scene, self.first, self.last, self.lines = page, place, scene, first, last, lines

    @property
    def name(self):
        return f"{self.page.relative_to(SOURCE)}:{self.first + 1}"

    @property
    def is_wrapped(self):
        """Whether the page breaks long lines of output, so that blanks mean nothing."""
        return bool(self.scene) and self.scene not in ("diagnostics", "refused")

    def commands(self):
        return [line for line in self.lines if PROMPT.match(line)]

    def normal(self, lines):
        return " ".join(normal(lines)).split() if self.is_wrapped else normal(lines)


def normal(lines):
    """LINES without what differs from run to run."""
    text = "\n".join(line for line in lines if not line.startswith("Draining:"))  # it depends on the load
    for pattern, replacement in VARIES:
        text = re.sub(pattern, replacement, text)
    return text.rstrip("\n").split("\n")


def read_roff(line):
    """LINE of a .nf or .EX block as it is shown."""
    line = re.sub(r"\\f(.)", "", line)
    for escape, shown in ((r"\-", "-"), (r"\(aq", "'"), (r"\&", ""), (r"\e", "\\"), (r"\(rs", "\\")):
        line = line.replace(escape, shown)
    return line


def write_roff(line):
    line = line.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return r"\&" + line if line.startswith((".", "\\(aq")) else line


def transcripts(page):
    """The transcripts in PAGE, in their order."""
    is_roff = page.suffix != ".md"
    marker = re.compile(r'\.\\" transcript: (\w+)(?: (\w+))?$' if is_roff else r"<!-- transcript: (\w+)(?: (\w+))? -->$")
    begin, end = (re.compile(r"\.(nf|EX)$"), re.compile(r"\.(fi|EE)$")) if is_roff else (re.compile("```$"),) * 2
    lines = page.read_text().split("\n")
    found = []
    for number, line in enumerate(lines):
        mark = marker.match(line)
        if not mark:
            continue
        first = next(n for n in range(number + 1, len(lines)) if begin.match(lines[n])) + 1
        last = next(n for n in range(first, len(lines)) if end.match(lines[n]))
        shown = [read_roff(line) for line in lines[first:last]] if is_roff else lines[first:last]
        found.append(Transcript(page, mark[1], mark[2], first, last, shown))
    return found


def shell(script, **environment):
    """Runs SCRIPT, and returns what it prints on either output."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("AUDITFAIL_RUNTIME_DIR", "SOURCE_DATE_EPOCH")} | environment  # useradd prints the latter
    result = subprocess.run(["sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=environment, text=True, errors="replace", timeout=DEADLINE, check=False)
    return COLOURS.sub("", result.stdout).replace("\r\n", "\n")


def script(transcript):
    """The commands of TRANSCRIPT, each after a line that tells which one it is."""
    parts = []
    for number, line in enumerate(transcript.commands()):
        prompt, command = PROMPT.match(line).groups()
        if prompt != "# ":
            command = "ssh -tt alice@localhost '" + command.replace("'", "'\\''") + "'"
        parts.append(f"printf '\\001{number}\\002'\n{command}\n")
    return "".join(parts)


def run_page(group):
    """Runs the transcripts GROUP of one page and place; returns the lines of each as the programs print them now."""
    if group[0].place == "demo":
        return [lines_of(transcript, run_commands("demo", "")) for transcript in group]
    together = [t for t in group if not t.scene]
    before = AS_INSTALLED if group[0].place == "machine" else ""
    text = "".join(f"{before}printf '\\003{n}\\002'\n{script(t)}" for n, t in enumerate(together))
    outputs = re.split(r"\x03\d+\x02", run_commands(group[0].place, text))[1:] if text else []
    outputs = dict(zip(map(id, together), outputs))
    for transcript in group:
        if transcript.scene:
            outputs[id(transcript)] = run_commands(transcript.place, before + SCENES[transcript.scene], script(transcript))
    return [lines_of(transcript, outputs[id(transcript)]) for transcript in group]


def run_commands(place, scene, commands=""):
    """Runs the shell script SCENE in PLACE. It finds COMMANDS in the variable of that name. Returns its output."""
    environment = {"LC_ALL": "C.UTF-8", "SOURCE": str(SOURCE), "scene": "exec 2>&1\n" + scene, "commands": commands}
    if place == "machine":
        return shell(scene, **environment)
    folders = [BUILD / "daemon/auditfaild", BUILD / "client/auditfailctl", os.environ["PATH"]]
    environment |= {"BUILD": str(BUILD), "PATH": os.pathsep.join(map(str, folders))}
    if place == "demo":
        return shell('exec "$SOURCE/client/examples/demo.sh" "$BUILD"', **environment)
    with tempfile.TemporaryDirectory(prefix="auditfail-transcripts-") as folder:
        return shell('exec unshare --mount --propagation private sh -c "$NAMESPACE"', FOLDER=folder, NAMESPACE=NAMESPACE,
                     **environment)


def lines_of(transcript, output):
    """OUTPUT of the commands of TRANSCRIPT, with these before it."""
    if transcript.place == "demo" or not transcript.commands():
        lines = output.rstrip("\n").split("\n")
        return [part for line in lines for part in textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False)] \
            if transcript.is_wrapped else lines
    lines = []
    for command, text in zip(transcript.commands(), re.split(r"\x01\d+\x02", output)[1:]):
        lines += [command, *text.rstrip("\n").split("\n")] if text.strip() else [command]
    return lines


def compare(transcript, lines):
    """The differences of TRANSCRIPT from LINES, what the programs print now; empty if there are none."""
    return "\n".join(difflib.unified_diff(transcript.normal(transcript.lines), transcript.normal(lines),
                                          transcript.name, "now", lineterm=""))


def groups(place):
    """The transcripts of PLACE, page by page."""
    found = [[t for t in transcripts(page) if t.place == place] for page in PAGES]
    return [group for group in found if group]


def write(group, new, folder):
    """Puts the lines NEW of each transcript of GROUP into its page, below FOLDER."""
    page = group[0].page
    lines = page.read_text().split("\n")
    for transcript, shown in reversed(list(zip(group, new))):
        lines[transcript.first:transcript.last] = shown if page.suffix == ".md" else map(write_roff, shown)
    written = folder / page.relative_to(SOURCE)
    written.parent.mkdir(parents=True, exist_ok=True)
    written.write_text("\n".join(lines))


def main(arguments):
    into = pathlib.Path(arguments[arguments.index("--into") + 1]) if "--into" in arguments else None
    if "--machine" not in arguments and not os.access(BUILD / "daemon/auditfaild/auditfaild", os.X_OK):
        sys.exit(f"transcripts.py: {BUILD} has no programs; type ./do demo first")
    places = ["machine"] if "--machine" in arguments else ["demo", "here"] if os.geteuid() == 0 else ["demo"]
    differs = False
    for group in (group for place in places for group in groups(place)):
        new = run_page(group)
        changed = [bool(compare(*pair)) for pair in zip(group, new)]
        for transcript, lines in zip(group, new):
            if difference := compare(transcript, lines):
                print(difference)
                differs = True
        if any(changed) and (into or "--write" in arguments):
            write(group, [lines if change else t.lines for t, lines, change in zip(group, new, changed)], into or SOURCE)
    return 1 if differs and "--write" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
