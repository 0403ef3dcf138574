#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl, against the daemon, and against what is none."""
import contextlib
import json
import os
import pathlib
import pwd
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest

from harness import (AUDITFAILCTL, DEADLINE, INTERFACES, POLICY, SERVICE, STRANGER, DaemonTest, main, needs_root,
                     terminal)

GUARD_FOLDER = pathlib.Path(os.environ.get("GUARD_FOLDER", "/usr/local/share/auditfail"))

IGNORE, FAILED, USAGE, NO_DAEMON, DENIED, TIMEOUT, PROTOCOL, LOG, TERMINATE = 0, 1, 2, 3, 4, 5, 6, 10, 20


class Impostor:
    """
    Something behind a socket that is not auditfaild: sends FRAMES to the first caller, as soon as it has called, and
    hangs up; with HOLD only when the test is over.
    """

    def __init__(self, path, frames, hold=False):
        self.frames, self.hold = frames, hold
        self.over = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(os.fspath(path))
        self.listener.listen(5)
        self.listener.settimeout(DEADLINE)
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self):
        with contextlib.suppress(OSError):
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(DEADLINE)
                call = b""
                while not call.endswith(b"\0"):
                    data = connection.recv(4096)
                    if not data:
                        return
                    call += data
                for frame in self.frames:
                    connection.sendall(frame)
                if self.hold:
                    self.over.wait(DEADLINE)

    def close(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


def frame(parameters=None, error=None, **members):
    if error:
        members["error"] = error
    return json.dumps({**members, "parameters": parameters or {}}).encode() + b"\0"


class Ctl(DaemonTest):
    def environment(self, **variables):
        kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "TERM")}
        return {**kept, "AUDITFAIL_RUNTIME_DIR": str(self.folder / "run"), "LC_ALL": "C.UTF-8", "TZ": "UTC",
                "JOURNAL_STREAM": "", **variables}

    def ctl(self, *arguments, variables=None, **options):
        options.setdefault("env", self.environment(**(variables or {})))
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run([AUDITFAILCTL, *map(os.fspath, arguments)], text=True, timeout=DEADLINE, check=False,
                              **options)

    def assertCtl(self, status, *arguments, says="", complains=None, **options):
        """The command ends with STATUS, and says and complains so; silent on stderr, unless COMPLAINS."""
        result = self.ctl(*arguments, **options)
        self.assertEqual(result.returncode, status, result)
        self.assertIn(says, result.stdout or "", result)
        if complains:
            self.assertIn(complains, result.stderr, result)
        else:
            self.assertEqual(result.stderr, "", result)
        return result

    def ctl_json(self, *arguments, status=0, **options):
        return json.loads(self.assertCtl(status, "--json", *arguments, **options).stdout)

    def on_terminal(self, *arguments, columns=80, **variables):
        """Runs it on a terminal; returns what that shows, and the exit status."""
        with terminal(columns) as (screen, shown):
            process = subprocess.Popen([AUDITFAILCTL, *arguments], stdin=subprocess.DEVNULL, stdout=screen,
                                       stderr=screen, env=self.environment(**{"TERM": "xterm", **variables}))
            return shown(), process.wait(DEADLINE)

    def impostor(self, *frames, hold=False):
        path = self.folder / f"impostor.{time.monotonic_ns()}"
        impostor = Impostor(path, frames, hold)
        self.addCleanup(impostor.close)
        return path

    def needs_stranger(self):
        """Skips where another user cannot even start the program, since the build folder is closed to it."""
        try:
            self.ctl("--version", user=STRANGER, group=STRANGER, extra_groups=[])
        except PermissionError:
            self.skipTest("the build folder is closed to other users")


class CommandLine(Ctl):
    def test_help_tells_all_commands(self):
        text = self.assertCtl(0, "--help").stdout
        for command in ("query", "explain", "list", "check", "reload", "status", "monitor", "history", "guard"):
            self.assertIn(f"\n  {command} ", text)
            self.assertIn(f"auditfailctl {command}", self.assertCtl(0, command, "--help").stdout)

    def test_version_is_told(self):
        self.assertRegex(self.assertCtl(0, "--version").stdout, r"^auditfailctl \d+\.\d+")

    def test_options_stand_before_and_after_the_command(self):
        self.policy("passwd", "log")
        self.daemon()
        for arguments in (("--json", "query", "passwd"), ("query", "--json", "passwd"), ("query", "passwd", "--json"),
                          ("-j", "query", "passwd")):
            self.assertEqual(json.loads(self.ctl(*arguments).stdout)["action"], "log", arguments)

    def test_a_word_that_is_nearly_right_is_suggested(self):
        self.assertCtl(USAGE, "qeury", complains='unknown command "qeury", did you mean query?')
        self.assertCtl(USAGE, "query", "--erno=1", complains="did you mean --errno?")
        self.assertCtl(USAGE, "query", "--errno=EPRM", complains="did you mean EPERM?")

    def test_a_command_line_without_sense_is_refused(self):
        for arguments in ((), ("no-such-command",), ("query", "a", "b"), ("list", "a"), ("list", "--errno=1"),
                          ("query", "--errno"), ("query", "--errno=0"), ("query", "--errno=4096"),
                          ("query", "--errno=-1"), ("query", "--errno="), ("query", "--kind=bad"), ("query", "a/b"),
                          ("query", ".hidden"), ("query", "x" * 65), ("query", ""),
                          ("query", "--errno=EPERM", "--kind=overload"), ("explain", "--operation=x"),
                          ("query", "--operation=" + "x" * 65), ("query", "--record=" + "X" * 33),
                          ("query", "--ahead=1"), ("explain", "--ahead"), ("explain", "--record=X"),
                          ("--timeout=0", "status"), ("--timeout=nan", "status"), ("--timeout=1x", "status"),
                          ("--color=sometimes", "list"), ("--json=1", "list"), ("-x",), ("list", "-x"),
                          ("history", "--since=soon"), ("history", "--lines=-1"), ("history", "--lines=x"),
                          ("history", "--application=a/b"), ("history", "--file=a", "--directory=b"),
                          ("check", "--owner=no.such.user"), ("check", "--root=/nowhere"),
                          ("check", "--root=/", "/etc/auditfail/x.conf"), ("status", "--socket=" + "x" * 108)):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.assertCtl(USAGE, *arguments, complains="auditfailctl: ").stdout, "")


class Descriptions(Ctl):
    """What describes the command line elsewhere keeps up with it."""

    SOURCE = INTERFACES.parent

    def options(self, *command):
        return set(re.findall(r"(--[a-z-]+)", self.ctl(*command, "--help").stdout.partition("\n\n")[2]))

    def commands(self):
        return re.findall(r"(?m)^  ([a-z]+) ", self.ctl("--help").stdout)

    def complete(self, *words):
        """What bash offers for the last of WORDS."""
        script = f"""
            auditfailctl() {{ "$CTL" "$@"; }}
            source "{self.SOURCE}/units/completions/auditfailctl.bash"
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
            _auditfailctl
            printf '%s\\n' "${{COMPREPLY[@]}}"
        """
        result = self.run_program("bash", "-c", script, "bash", "auditfailctl", *words,
                                  env=self.environment(CTL=AUDITFAILCTL))
        self.assertEqual(result.stderr, "")
        return set(result.stdout.split())

    def test_bash_completes_every_command_and_option(self):
        self.assertEqual(self.complete(""), set(self.commands()))
        for command in self.commands():
            self.assertEqual(self.complete(command, "--"), self.options(command), command)

    def test_bash_completes_values(self):
        self.policy("passwd", "log")
        self.policy("useradd", "log")
        self.daemon()
        self.assertEqual(self.complete("query", ""), {"passwd", "useradd"})
        self.assertEqual(self.complete("--json", "explain", "u"), {"useradd"})
        self.assertEqual(self.complete("query", "--kind", "=", "o"), {"overload", "other"})
        self.assertEqual(self.complete("history", "-a", "p"), {"passwd"})
        self.assertEqual(self.complete("list", "--color", "="), {"auto", "always", "never"})
        self.assertEqual(self.complete("guard", "o"), {"on", "off"})

    def test_zsh_knows_every_command_and_option(self):
        text = (self.SOURCE / "units/completions/_auditfailctl").read_text()
        for command in self.commands():
            self.assertIn(f"'{command}:", text)
            for option in self.options(command):
                self.assertRegex(text, rf"{option}\b")

    def test_the_manual_has_every_command_and_option(self):
        text = (self.SOURCE / "man/auditfailctl.1").read_text()
        for command in self.commands():
            self.assertIn(f"\n\\fB{command}\\fR", text)
            for option in self.options(command):
                self.assertIn(option.replace("-", "\\-"), text)


class Query(Ctl):
    def setUp(self):
        super().setUp()
        self.passwd = self.policy("passwd", "terminate\nunsupported = ignore\noverload = log")
        self.policy("default", "log")

    def test_the_exit_status_is_the_action(self):
        self.daemon()
        self.assertCtl(TERMINATE, "query", "passwd", says="terminate  passwd, on a failure of unknown kind: ")
        self.assertCtl(IGNORE, "query", "passwd", "--errno=EINVAL", says="ignore  passwd, on unsupported (EINVAL): ")
        self.assertCtl(LOG, "query", "passwd", "--kind=overload", says="log  passwd, on overload: ")
        self.assertCtl(LOG, "query", "no-file-of-its-own")

    def test_the_line_that_decided_is_named(self):
        self.daemon()
        self.assertCtl(LOG, "query", "passwd", "--errno=EAGAIN", says=f"{self.passwd}:3, from auditfaild, generation 1")

    def test_without_an_application_the_default_policy_answers(self):
        self.policy("auditfailctl", "terminate")
        self.daemon()
        self.assertEqual(self.ctl_json("query", status=LOG)["application"], "default")

    def test_an_application_may_be_given_by_its_file(self):
        self.daemon()
        for file in ("/etc/auditfail/passwd.conf", "/etc/auditfail.passwd"):
            self.assertEqual(self.ctl_json("query", file, status=TERMINATE)["application"], "passwd")

    def test_an_errno_is_a_name_or_a_number_and_so_its_kind(self):
        self.daemon()
        for word in ("EINVAL", "einval", "22", "EPROTONOSUPPORT"):
            self.assertCtl(IGNORE, "query", "passwd", f"--errno={word}")
        for word in ("EAGAIN", "EWOULDBLOCK"):
            self.assertCtl(LOG, "query", "passwd", f"--errno={word}", "--kind=overload")
        self.assertCtl(TERMINATE, "query", "passwd", "--errno=4095", says="other (errno 4095)")

    def test_quiet_prints_nothing(self):
        self.daemon()
        self.assertEqual(self.assertCtl(TERMINATE, "query", "--quiet", "passwd").stdout, "")
        self.assertEqual(self.assertCtl(LOG, "-q", "query").stdout, "")

    def test_json_has_the_names_of_the_protocol(self):
        self.daemon()
        self.assertEqual(self.ctl_json("query", "passwd", "-e", "EINVAL"),
                         {"application": "passwd", "action": "ignore", "kind": "unsupported", "file": str(self.passwd),
                          "line": 2, "generation": 1, "via": "daemon"})

    def test_operation_and_record_reach_the_daemon_and_a_question_ahead_is_no_decision(self):
        daemon = self.daemon()
        with daemon.connect() as monitor:
            monitor.send(f"{POLICY}.Monitor", more=True)
            self.assertEqual(monitor.reply()["parameters"]["event"], "start")
            for socket in ((), (f"--socket={daemon.path}",)):
                self.assertCtl(TERMINATE, "query", "passwd", "--ahead", "--operation=looked", *socket)
                self.ctl("query", "passwd", "--operation=audit_open", "--record=USER_CHAUTHTOK", *socket)
                decision = monitor.reply()["parameters"]["decision"]
                self.assertEqual((decision["operation"], decision["record"]), ("audit_open", "USER_CHAUTHTOK"))

    def test_without_a_daemon_the_snapshot_answers(self):
        self.daemon().stop()
        self.assertCtl(IGNORE, "query", "passwd", "--errno=EINVAL",
                       says=f"{self.passwd}:2, from the snapshot, generation 1; no daemon answered: ")
        answer = self.ctl_json("query", "passwd", status=TERMINATE)
        self.assertEqual((answer["via"], answer["generation"]), ("snapshot", 1))
        self.assertIn(answer["cause"], ("ENOENT", "ECONNREFUSED"))

    def test_without_anything_the_answer_is_terminate(self):
        self.assertCtl(TERMINATE, "query", "passwd", says="no file decided, built-in; no daemon answered: ")
        self.assertEqual(self.ctl_json("query", "passwd", status=TERMINATE),
                         {"application": "passwd", "action": "terminate", "generation": 0, "via": "builtin",
                          "cause": "ENOENT"})

    def test_a_given_socket_is_asked_alone(self):
        self.daemon()
        path = self.folder / "run/io.auditfail.Policy"
        elsewhere = {"AUDITFAIL_RUNTIME_DIR": "/nonexistent"}
        self.assertCtl(IGNORE, "query", "passwd", "--errno=EINVAL", f"--socket={path}", says="from auditfaild",
                       variables=elsewhere)
        self.assertEqual(self.ctl_json("query", "passwd", "--kind=overload", f"--socket={path}", status=LOG)["line"], 3)
        self.assertCtl(NO_DAEMON, "query", "passwd", f"--socket={path}x", complains="no such socket")

    def test_a_shell_script_can_obey(self):
        self.daemon()
        script = """
            "$CTL" query --quiet "$@"
            case $? in 0) echo go on;; 10) echo report, go on;; *) echo stop;; esac
        """
        for arguments, expected in ((["passwd"], "stop"), (["passwd", "--errno=EINVAL"], "go on"),
                                    (["other"], "report, go on")):
            result = self.run_program("sh", "-c", script, "sh", *arguments, env=self.environment(CTL=AUDITFAILCTL))
            self.assertEqual(result.stdout.strip(), expected)


class List(Ctl):
    def test_columns_align(self):
        self.policy("default", "log")
        self.policy("passwd", "terminate\nunsupported = ignore\noverload = log", "lib")
        self.daemon()
        self.assertEqual(self.assertCtl(0, "list").stdout,
                         "APPLICATION  ACTION     EXCEPTIONS                       FILE\n"
                         f"default      log                                         {self.place('default')}\n"
                         f"passwd       terminate  unsupported=ignore overload=log  {self.place('passwd', 'lib')}\n")

    def test_all_pages_are_there(self):
        names = [f"program{number:03}" for number in range(200)]
        for name in names:
            self.policy(name, "log")
        self.daemon()
        self.assertEqual(self.assertCtl(0, "list", "--quiet").stdout.split(), names)
        self.assertEqual([entry["application"] for entry in self.ctl_json("list")], names)

    def test_json_is_what_the_daemon_says(self):
        self.policy("passwd", "terminate\nunsupported = ignore")
        daemon = self.daemon()
        self.assertEqual(self.ctl_json("list"), daemon.call("List")["parameters"]["applications"])

    def test_without_policy_there_is_an_empty_table(self):
        self.daemon()
        self.assertEqual(self.assertCtl(0, "list").stdout.split(), ["APPLICATION", "ACTION", "EXCEPTIONS", "FILE"])
        self.assertEqual(self.ctl_json("list"), [])

    def test_a_file_that_cannot_be_used_is_marked(self):
        self.policy("passwd", "nonsense")
        self.daemon()
        self.assertRegex(self.assertCtl(0, "list").stdout, r"passwd +terminate +\(file cannot be used\)")

    def test_the_table_fits_the_terminal(self):
        self.policy("passwd", "terminate\nunsupported = ignore\ndenied = log\noverload = log")
        self.daemon()
        for columns in (40, 60, 100):
            text, _ = self.on_terminal("list", "--no-color", columns=columns)
            self.assertEqual(max(len(line) for line in text.splitlines()), columns, text)
            self.assertIn("…", text)
        text, _ = self.on_terminal("list", "--no-color", columns=100, COLUMNS="50")
        self.assertEqual(max(len(line) for line in text.splitlines()), 50, text)
        text, _ = self.on_terminal("list", "--no-color", columns=300)
        self.assertIn(str(self.place("passwd")), text)

    def test_a_pipe_that_is_closed_early_is_no_error(self):
        for number in range(1000):
            self.policy(f"a-program-with-a-rather-long-name-that-fills-a-pipe-{number:03}", "log")
        self.daemon()
        result = self.run_program("sh", "-c", '"$CTL" list | head -n 1', env=self.environment(CTL=AUDITFAILCTL))
        self.assertEqual((result.stdout.split()[0], result.stderr), ("APPLICATION", ""))

    def test_output_that_cannot_be_written_is_an_error(self):
        self.daemon()
        with open("/dev/full", "w") as full:
            for arguments in (["list"], ["status"], ["query"], ["--help"], ["monitor"]):
                self.assertCtl(FAILED, *arguments, stdout=full, complains="cannot write the output: No space left")


class Colours(Ctl):
    def setUp(self):
        super().setUp()
        self.policy("passwd", "terminate")
        self.daemon()

    def test_a_terminal_has_colours(self):
        self.assertIn("\033[", self.on_terminal("list")[0])

    def test_a_pipe_and_no_color_and_a_dumb_terminal_have_none(self):
        self.assertNotIn("\033", self.ctl("list").stdout)
        self.assertNotIn("\033", self.on_terminal("list", NO_COLOR="1")[0])
        self.assertNotIn("\033", self.on_terminal("list", TERM="dumb")[0])
        self.assertNotIn("\033", self.on_terminal("--no-color", "list")[0])
        self.assertNotIn("\033", self.on_terminal("list", "--color=never")[0])
        self.assertIn("\033", self.on_terminal("list", NO_COLOR="")[0])

    def test_colours_come_on_request(self):
        self.assertIn("\033", self.ctl("list", "--color=always", variables={"NO_COLOR": "1"}).stdout)

    def test_json_never_has_colours(self):
        self.assertNotIn("\033", self.ctl("list", "--json", "--color=always").stdout)


class Explain(Ctl):
    def test_the_search_and_its_result_are_told(self):
        self.policy("default", "log")
        self.policy("cupsd", "ignore", "lib")
        self.mask("cupsd")
        self.policy("passwd", "terminate\ndenied = ignore")
        self.policy("passwd", "log", "flat")
        self.daemon()

        self.assertRegex(self.assertCtl(0, "explain", "passwd", "--errno=EPERM").stdout,
                         rf"passwd +{self.place('passwd')} +used\n"
                         rf"passwd +{self.place('passwd', 'flat')} +shadowed\n"
                         rf"passwd +{self.place('passwd', 'lib')}  absent\n\n"
                         rf"On denied \(EPERM\) passwd is told to ignore, because of {self.place('passwd')}:2 "
                         r"\(generation 1\)\.\n$")
        text = self.assertCtl(0, "explain", "cupsd").stdout
        self.assertRegex(text, rf"cupsd +{self.place('cupsd')} +mask\n")
        self.assertRegex(text, rf"cupsd +{self.place('cupsd', 'lib')} +masked\n")
        self.assertRegex(text, rf"default +{self.place('default')} +used\n")
        self.assertIn("cupsd is told to log, because of "
                      f"{self.place('default')}:1, having no policy of its own (generation 1).\n", text)

    def test_an_answer_without_a_file_has_a_reason_too(self):
        self.policy("passwd", "nonsense")
        self.daemon()
        self.assertCtl(0, "explain", "passwd", "-q",
                       says=f"passwd is told to terminate, because {self.place('passwd')} cannot be used (")
        self.assertCtl(0, "explain", "-q", says="default is told to terminate, because there is no policy at all (")

    def test_json_is_what_the_daemon_says(self):
        self.policy("passwd", "terminate")
        daemon = self.daemon()
        self.assertEqual(self.ctl_json("explain", "passwd", "--kind=denied"),
                         daemon.call("Explain", application="passwd", kind="denied")["parameters"])

    def test_it_leaves_no_trace(self):
        daemon = self.daemon()
        self.ctl("explain", "passwd")
        self.assertEqual(daemon.call("Status")["parameters"]["queries"], 0)


class Check(Ctl):
    def check(self, status, *arguments, **options):
        return self.ctl_json("check", *arguments, status=status, **options)

    def test_good_files_pass(self):
        self.policy("passwd", "terminate")
        self.policy("default", "log", "lib")
        self.assertEqual(self.assertCtl(0, "check", "--root", self.root).stdout,
                         "2 applications: no errors, no warnings\n")
        self.assertEqual(self.assertCtl(0, "check", self.place("passwd")).stdout, "1 file: no errors, no warnings\n")
        self.assertEqual(self.check(0, self.root / "etc/auditfail"),
                         {"files": 1, "errors": 0, "warnings": 0, "problems": [], "omitted": 0})

    def test_bad_files_fail_with_a_compilers_message(self):
        path = self.policy("passwd", "# a comment\n  terminat")
        for arguments in (["--root", self.root], [path], [path.parent]):
            result = self.assertCtl(FAILED, "check", *arguments, says=": 1 error, no warnings\n",
                                    complains=f'{path}:2:3: error: unknown action "terminat", expected ')
            self.assertIn('    ^~~~~~~~\n    did you mean "terminate"?\n', result.stderr)
        self.assertEqual(self.assertCtl(FAILED, "check", "--quiet", path, complains="error").stdout, "")

    def test_every_problem_of_every_file_is_told(self):
        for name in ("a", "b"):
            self.policy(name, "nonsense\ndenied = nonsense")
        report = self.check(FAILED, "--root", self.root)
        self.assertEqual([(p["file"], p["line"]) for p in report["problems"]],
                         [(str(self.place(name)), line) for name in ("a", "b") for line in (1, 2)])
        self.assertEqual(report["errors"], 4)

    def test_problems_in_json_are_as_a_reload_tells_them(self):
        self.daemon()
        self.policy("passwd", "terminat # who is not ASCII is heard as well: ä€😀")
        told = json.loads(self.ctl("--json", "reload").stdout)["problems"]
        self.assertEqual(self.check(FAILED, "--root", self.root)["problems"], told)

    def test_a_folder_means_its_conf_files(self):
        self.policy("passwd", "log")
        (self.root / "etc/auditfail/passwd.conf~").write_text("nonsense")
        (self.root / "etc/auditfail/.passwd.conf").write_text("nonsense")
        (self.root / "etc/auditfail/README").write_text("nonsense")
        self.assertEqual(self.check(0, self.root / "etc/auditfail")["files"], 1)

    def test_a_file_that_is_not_there_is_an_error(self):
        self.assertCtl(FAILED, "check", self.folder / "nothing.conf", says="no files: 1 error",
                       complains="nothing.conf: error: ")

    @needs_root
    def test_a_file_must_belong_to_whoever_may_own_it(self):
        path = self.policy("passwd", "log")
        os.chown(path, STRANGER, STRANGER)
        self.assertCtl(FAILED, "check", path, says="1 error", complains="passwd.conf: error: ")
        self.assertCtl(FAILED, "check", "--root", self.root, says="1 error", complains="passwd.conf: error: ")
        self.assertEqual(self.check(0, "--owner", str(STRANGER), path)["errors"], 0)
        self.assertEqual(self.check(0, "--owner", "nobody", "--root", self.root)["errors"], 0)

    def test_nothing_to_check_is_worth_a_warning(self):
        empty = pathlib.Path(self.root, "empty")
        empty.mkdir()
        self.assertEqual(self.check(0, str(empty))["warnings"], 1)
        self.assertEqual(self.check(0, "--root", str(empty))["warnings"], 1)
        self.assertCtl(FAILED, "check", "--strict", str(empty), complains="holds no policy file")

    def test_a_folder_is_held_to_the_names_that_the_daemon_takes(self):
        folder = pathlib.Path(self.root, "names")
        folder.mkdir()
        for name in ("a b.conf", "forgotten", "passwd.conf", "passwd.conf.bak", "README"):
            (folder / name).write_text("log\n")
        report = self.check(FAILED, str(folder))
        self.assertEqual([(pathlib.Path(p["file"]).name, p["severity"]) for p in report["problems"]],
                         [("a b.conf", "error"), ("forgotten", "warning")])
        self.assertEqual(report["files"], 2)

    def test_strict_fails_because_of_warnings(self):
        # A file that is not read, since its name has no ".conf", is worth a warning.
        (self.root / "etc/auditfail/passwd").write_text("log\n")
        self.assertEqual(self.check(0, "--root", self.root)["warnings"], 1)
        self.assertEqual(self.check(FAILED, "--strict", "--root", self.root)["warnings"], 1)


def daemon_user():
    """Whom root's check reads as: the daemon's own user, or one that owns nothing."""
    try:
        return pwd.getpwnam("auditfail")
    except KeyError:
        return pwd.getpwuid(STRANGER)


class CheckLikeTheDaemon(Ctl):
    """check and a daemon of another user than root say the same of the same files. Not root: of the same user."""

    def setUp(self):
        super().setUp()
        user = daemon_user()
        if os.geteuid() == 0:
            os.chown(self.folder / "run", user.pw_uid, user.pw_gid)
        self.policy("passwd", "log")
        self.policy("su", "log", "flat")
        self.policy("sudo", "log", "lib")
        self.running = self.daemon(user=user.pw_name) if os.geteuid() == 0 else self.daemon()

    def assertSame(self, *says):
        """Both have one problem for each of SAYS, whose text has that in it."""
        told = json.loads(self.ctl("--json", "reload").stdout)["problems"]
        report = self.ctl_json("check", "--root", self.root, status=FAILED if says else 0)
        self.assertEqual(report["problems"], told)
        self.assertEqual(len(told), len(says), told)
        for problem, text in zip(told, says):
            self.assertIn(text, f"{problem['file']}: {problem['message']}, expected {problem['expected']}")

    def assertClosed(self, path, mode, command, barred=None, named=None):
        """With MODE, PATH is closed to the daemon; COMMAND for BARRED helps, as a problem of NAMED says."""
        before = path.stat().st_mode
        path.chmod(mode)
        with self.subTest(path=path, mode=f"{mode:o}"):
            self.assertSame(f"{named or path}: cannot be opened: Permission denied, expected everybody to be able to ")
            self.assertIn(f"(type: chmod {command} {barred or path})",
                          self.ctl("check", "--root", self.root).stderr)
        path.chmod(before)
        self.assertSame()

    def test_files_must_be_open_to_the_daemon(self):
        for place, name in (("etc", "passwd"), ("flat", "su"), ("lib", "sudo")):
            for mode in (0o600, 0o640) if os.geteuid() == 0 else (0o200,):
                self.assertClosed(self.place(name, place), mode, "a+r")

    def test_folders_must_be_open_to_the_daemon(self):
        for folder in ("etc", "etc/auditfail", "usr/lib/auditfail"):
            for mode in (0o700, 0o750, 0o744, 0o711) if os.geteuid() == 0 else (0o600, 0o300):
                self.assertClosed(self.root / folder, mode, "a+rx")
        for folder in ("usr", "usr/lib"):
            self.assertClosed(self.root / folder, 0o600, "a+rx", named=self.root / "usr/lib/auditfail")

    def test_what_a_link_leads_to_must_be_open_to_the_daemon(self):
        (self.root / "elsewhere").mkdir()
        target = self.root / "elsewhere/policy"
        target.write_text("log\n")
        link = self.place("login")
        link.symlink_to("../../elsewhere/policy")
        self.assertSame()
        self.assertClosed(target, 0o200, "a+r", barred=link, named=link)
        self.assertClosed(target.parent, 0o600, "a+rx", named=link)

    def test_a_link_through_a_folder_of_others_is_refused(self):
        others = self.root / "others"
        others.mkdir()
        (others / "policy").write_text("log\n")
        (others / "mask").symlink_to("/dev/null")
        link = self.place("login")
        for name in ("policy", "mask", "nothing"):
            link.symlink_to(f"../../others/{name}")
            for mode in (0o1777, 0o777, 0o775):
                others.chmod(mode)
                self.assertSame(f"{link}: a link through {others}, which is writable by ")
                self.assertCtl(FAILED, "check", link, complains=f"{link}: error: a link through {others}, which is ")
            others.chmod(0o755)
            if os.geteuid() == 0:
                os.chown(others, STRANGER, STRANGER)
                self.assertSame(f"{link}: a link through {others}, which is owned by uid {STRANGER}, expected ")
                os.chown(others, 0, 0)
            link.unlink()
        self.mask("login")
        self.assertSame()

    def test_the_command_that_is_told_helps(self):
        (self.root / "others").mkdir()
        (self.root / "others").chmod(0o777)
        (self.root / "others/policy").write_text("log\n")
        link = self.place("login")
        link.symlink_to("../../others/policy")
        self.place("passwd").chmod(0o200)
        complaint = self.assertCtl(FAILED, "check", "--root", self.root, complains="(type: ").stderr
        commands = re.findall(r"\(type: (.*)\)$", complaint, re.MULTILINE)
        self.assertEqual(len(commands), 2, complaint)
        for command in commands:
            subprocess.run(["sh", "-euc", command], check=True, timeout=DEADLINE)
        self.assertSame()
        self.assertEqual(link.read_text(), "log\n")

    @needs_root
    def test_the_daemons_group_may_be_what_opens_a_file(self):
        user = daemon_user()
        for path, mode in ((self.place("passwd"), 0o640), (self.place("passwd").parent, 0o750)):
            os.chown(path, 0, user.pw_gid)
            path.chmod(mode)
        self.assertSame()

    @needs_root
    def test_an_access_control_list_opens_and_closes_a_file(self):
        path, user = self.place("passwd"), daemon_user()

        def allow(rights):
            entries = [(0x01, 6, 0xffffffff), (0x02, rights, user.pw_uid), (0x04, 4, 0xffffffff),
                       (0x10, 4, 0xffffffff), (0x20, 4 - rights, 0xffffffff)]
            os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) +
                        b"".join(struct.pack("<HHI", *entry) for entry in entries))
        try:
            allow(4)
        except OSError as error:
            self.skipTest(f"no access control lists here: {error}")
        self.assertSame()
        allow(0)
        self.assertSame("passwd.conf: cannot be opened: Permission denied")

    @needs_root
    def test_a_tree_may_lie_where_only_root_can_go(self):
        self.running.stop()
        for folder in (self.root, self.folder):
            folder.chmod(0o700)
            self.assertCtl(0, "check", "--root", self.root, says="3 applications: no errors, no warnings")
            self.place("passwd").chmod(0o600)
            self.assertCtl(FAILED, "check", "--root", self.root, complains="chmod a+r ")
            self.place("passwd").chmod(0o644)

    @needs_root
    def test_a_draft_may_lie_where_only_root_can_go(self):
        drafts = self.root / "drafts"
        drafts.mkdir(0o700)
        draft, link = drafts / "passwd.conf", drafts / "su.conf"
        draft.write_text("log\n")
        link.symlink_to("passwd.conf")
        for path in (draft, link):
            draft.chmod(0o644)
            self.assertCtl(0, "check", path, says="1 file: no errors, no warnings")
            self.assertCtl(0, "check", drafts, says="2 files: no errors, 1 warning",
                           complains=f"{drafts}: warning: auditfaild could not read this folder")
            draft.chmod(0o600)
            self.assertCtl(FAILED, "check", path, complains=f"(type: chmod a+r {path})")
            self.assertCtl(FAILED, "check", drafts, complains=f"(type: chmod a+r {path})")

    @needs_root
    def test_a_tree_with_users_of_its_own_has_its_own_daemon(self):
        os.chown(self.place("passwd"), 0, 54321)
        self.place("passwd").chmod(0o640)
        for users, status in (("auditfail:x:54320:54321::/:/bin/false\n", 0), ("root:x:0:0::/:/bin/sh\n", FAILED)):
            (self.root / "etc/passwd").write_text(users)
            self.ctl_json("check", "--root", self.root, status=status)

    @needs_root
    def test_the_daemon_that_another_user_starts_reads_as_that_user(self):
        self.place("passwd").chmod(0o600)
        os.chown(self.place("passwd"), 54321, 54321)
        self.ctl_json("check", "--root", self.root, "--owner=54321")
        self.ctl_json("check", self.place("passwd"), "--owner=54321")
        self.ctl_json("check", "--root", self.root, "--owner=54322", status=FAILED)

    @needs_root
    def test_where_root_cannot_become_another_user_it_says_so(self):
        apart = ["unshare", "--user", "--map-root-user", AUDITFAILCTL]
        try:
            subprocess.run([*apart, "--version"], check=True, timeout=DEADLINE, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no user namespaces here")
        self.mask("login")
        result = self.run_program(*apart, "check", "--root", self.root)
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("auditfailctl: warning: cannot read as the user of auditfaild (uid ", result.stderr)


class Reload(Ctl):
    def test_it_says_what_is_in_force_now(self):
        self.policy("passwd", "log")
        self.daemon()
        self.assertEqual(self.assertCtl(0, "reload").stdout, "generation 1, 1 application, unchanged\n")
        self.policy("useradd", "log")
        self.assertEqual(self.assertCtl(0, "reload").stdout, "generation 2, 2 applications, changed\n")
        self.assertEqual(self.assertCtl(0, "reload", "--quiet").stdout, "")
        self.assertEqual(self.ctl_json("reload"),
                         {"generation": 2, "changed": False, "applications": 2, "problems": [], "omitted": 0})

    def test_a_bad_file_fails_it_with_a_compilers_message(self):
        self.policy("passwd", "log")
        self.daemon()
        path = self.policy("passwd", "loog")
        result = self.assertCtl(FAILED, "reload", complains="the policy from before stays in force")
        self.assertIn(f'{path}:1:1: error: unknown action "loog", expected ', result.stderr)
        self.assertIn("\n    loog\n    ^~~~\n", result.stderr)
        self.assertCtl(LOG, "query", "passwd")
        problems = json.loads(self.ctl("reload", "--json").stdout)["problems"]
        self.assertEqual([(problem["file"], problem["line"]) for problem in problems], [(str(path), 1)])

    def test_in_the_journal_a_problem_is_one_line_with_its_priority(self):
        self.daemon()
        path = self.policy("passwd", "loog")
        with open(self.folder / "journal", "w+") as journal:
            stat = os.fstat(journal.fileno())
            self.ctl("reload", stderr=journal, variables={"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"})
            journal.seek(0)
            lines = journal.read().splitlines()
        self.assertEqual(len(lines), 2, lines)
        self.assertTrue(lines[1].startswith(f"<3>{path}:1:1: error: "), lines)

    @needs_root
    def test_another_user_is_told_who_may(self):
        self.needs_stranger()
        self.daemon()
        self.assertCtl(DENIED, "reload", complains="only root and the daemon's own user may do this; try: sudo ",
                       user=STRANGER, group=STRANGER, extra_groups=[])


class Status(Ctl):
    def test_it_tells_the_state_of_the_daemon(self):
        self.policy("passwd", "log")
        daemon = self.daemon()
        self.ctl("query", "passwd")
        text = self.assertCtl(0, "status").stdout
        for line in (rf"Daemon: auditfaild .*, pid {daemon.pid}, uid {os.geteuid()}", rf"Socket: {daemon.path}",
                     r"Policy: generation 1, 1 application", r"Answers: 1: 0 ignore, 1 log, 0 terminate",
                     r"Capabilities: \S", r"Loaded: \d{4}-\d\d-\d\d .* ago"):
            self.assertRegex(text, rf"(?m)^ *{line}")
        colons = {line.index(":") for line in text.splitlines()}
        self.assertEqual(len(colons), 1, text)

    def test_json_is_what_the_daemon_says(self):
        daemon = self.daemon()
        told, expected = self.ctl_json("status"), daemon.call("Status")["parameters"]
        self.assertEqual(told.keys(), expected.keys())
        self.assertEqual(told["pid"], daemon.pid)

    def test_problems_of_the_last_load_are_shown(self):
        self.daemon()
        path = self.policy("passwd", "loog")
        self.ctl("reload")
        result = self.assertCtl(0, "status", says="Problems: 1, found by the last load:",
                                complains=f"{path}:1:1: error:")
        self.assertRegex(result.stdout, r"Last reload: failed; the policy from before is in force\n")

    def test_quiet_tells_by_the_exit_status(self):
        daemon = self.daemon()
        self.assertEqual(self.assertCtl(0, "status", "--quiet").stdout, "")
        daemon.stop()
        self.assertCtl(NO_DAEMON, "status", "--quiet", complains="no daemon behind")


class Monitor(Ctl):
    def watch(self, *options):
        process = subprocess.Popen([AUDITFAILCTL, "monitor", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=self.environment())
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def line(self, process):
        """The next line, as soon as it is there: whoever reads a pipe gets it at once."""
        text, end = b"", time.monotonic() + DEADLINE
        while not text.endswith(b"\n"):
            self.assertTrue(select.select([process.stdout], [], [], max(end - time.monotonic(), 0))[0], "nothing came")
            byte = os.read(process.stdout.fileno(), 1)
            self.assertTrue(byte, f"it ended after {text!r}")
            text += byte
        return text.decode()

    def test_decisions_and_reloads_come_as_they_happen(self):
        path = self.policy("passwd", "terminate")
        daemon = self.daemon()
        monitor = self.watch()
        self.assertRegex(self.line(monitor), r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  start +generation 1\n$")
        with daemon.connect() as client:
            client.call("Query", application="passwd", errno=1, operation="audit_open")
            client.call("Query", application="passwd", record="USER_CHAUTHTOK")
        self.assertRegex(self.line(monitor),
                         rf"^\S+ \S+  terminate  passwd        denied \(EPERM\) of audit_open; pid {os.getpid()} "
                         rf"\(.*\), uid {os.geteuid()}.*; {path}:1\n$")
        self.assertIn("  terminate  passwd        a failure of unknown kind for USER_CHAUTHTOK; pid ",
                      self.line(monitor))
        self.policy("passwd", "log")
        self.ctl("reload")
        self.assertIn("  reload     done          generation 2, 1 application, changed, no problems\n",
                      self.line(monitor))
        self.policy("passwd", "loog")
        self.ctl("reload")
        self.assertIn("  reload     failed        generation 2, 1 application, unchanged, 1 problem\n",
                      self.line(monitor))

    def test_json_is_an_object_in_a_line(self):
        daemon = self.daemon()
        monitor = self.watch("--json")
        self.assertEqual(json.loads(self.line(monitor))["event"], "start")
        daemon.query("passwd", operation="two\nlines")
        event = json.loads(self.line(monitor))
        self.assertEqual((event["event"], event["decision"]["application"]), ("decision", "passwd"))

    def test_quiet_leaves_the_start_away(self):
        daemon = self.daemon()
        monitor = self.watch("--quiet")
        while daemon.call("Status")["parameters"]["monitors"] == 0:
            self.assertIsNone(monitor.poll())
        daemon.query("passwd")
        self.assertIn("  terminate  passwd ", self.line(monitor))

    def test_a_signal_ends_it_well(self):
        self.daemon()
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                monitor = self.watch()
                self.line(monitor)
                monitor.send_signal(number)
                self.assertEqual(monitor.wait(DEADLINE), 0)

    def test_the_end_of_the_daemon_is_an_error(self):
        daemon = self.daemon()
        monitor = self.watch()
        self.line(monitor)
        daemon.stop()
        self.assertEqual(monitor.wait(DEADLINE), NO_DAEMON)
        self.assertIn(b"hung up", monitor.stderr.read())

    def test_lost_events_are_told(self):
        event = {"event": "reload", "time": 0, "generation": 1, "lost": 7,
                 "reload": {"ok": True, "changed": False, "applications": 1, "problems": 0}}
        self.assertCtl(NO_DAEMON, "monitor", f"--socket={self.impostor(frame(event, continues=True))}",
                       says="  lost                     7 of the events before this one ", complains="hung up")


class Guard(Ctl):
    """On a tree of its own. What systemd makes of it is for the booted machine to show."""

    UNITS = ("auditd.service", "audit-rules.service")

    def setUp(self):
        super().setUp()
        places = [f"{unit}.d/50-auditfail.conf" for unit in self.UNITS]
        self.come_with_auditfail = [self.root / GUARD_FOLDER.relative_to("/") / place for place in places]
        self.links = [self.root / "etc/systemd/system" / place for place in places]
        self.links[0].parent.parent.mkdir(parents=True)
        for file in self.come_with_auditfail:
            file.parent.mkdir(parents=True)
            file.write_text("[Unit]\nRefuseManualStop=yes\n")

    def guard(self, status, *arguments, **options):
        return self.assertCtl(status, "guard", f"--root={self.root}", *arguments, **options)

    def test_on_links_to_the_files_that_come_with_auditfail(self):
        self.guard(0, "on", says="on")
        for link, unit in zip(self.links, self.UNITS):
            self.assertEqual(os.readlink(link), f"{GUARD_FOLDER}/{unit}.d/50-auditfail.conf")
            self.assertEqual(link.parent.stat().st_mode & 0o777, 0o755)

    def test_off_leaves_nothing_behind(self):
        self.guard(0, "on")
        self.guard(0, "off", says="off")
        self.assertEqual(list(self.links[0].parent.parent.iterdir()), [])

    def test_off_leaves_the_drop_ins_of_others_alone(self):
        self.guard(0, "on")
        other = self.links[0].with_name("local.conf")
        other.touch()
        self.guard(0, "off")
        self.assertEqual(list(other.parent.iterdir()), [other])

    def test_the_same_again_changes_nothing_and_is_no_error(self):
        for word in ("on", "off"):
            for changed in (True, False):
                state = json.loads(self.guard(0, word, "--json").stdout)
                self.assertEqual(state, {"on": word == "on", "changed": changed,
                                         "files": [str(link) for link in self.links]})

    def test_status_tells_by_the_exit_status_too(self):
        self.guard(FAILED, "status", says="off")
        self.guard(FAILED, says="off")
        self.guard(0, "on")
        self.guard(0, "status", says="on")
        self.assertEqual(self.guard(0, "status", "--quiet").stdout, "")

    def test_half_a_guard_is_off_and_can_be_made_whole(self):
        for link in self.links:
            self.guard(0, "on")
            link.unlink()
            self.guard(FAILED, "status", says="off")
            self.guard(0, "on", says="on")
            self.assertTrue(link.is_symlink())

    def test_a_file_of_somebody_else_is_left_alone_and_so_is_the_rest(self):
        for link in self.links:
            link.parent.mkdir()
            for make in (lambda: link.write_text("[Unit]\n"), lambda: link.symlink_to("/dev/null")):
                make()
                before = link.lstat().st_mtime_ns
                for word in ("on", "off"):
                    self.guard(FAILED, word, complains=f"{link} is not the guard that comes with auditfail")
                self.guard(FAILED, "status")
                self.assertEqual(link.lstat().st_mtime_ns, before)
                self.assertEqual([path for path in self.links if path.is_symlink() or path.exists()], [link])
                link.unlink()

    def install_polkit(self):
        """Returns the link that the guard has among polkit's rules. Only polkit and root may look there, as on Debian."""
        rules = self.root / "etc/polkit-1/rules.d"
        rules.mkdir(parents=True)
        rules.chmod(0o700)
        rule = self.root / GUARD_FOLDER.relative_to("/") / "polkit-1/40-auditfail-guard.rules"
        rule.parent.mkdir(parents=True)
        rule.touch()
        return rules / rule.name

    def test_where_polkit_is_it_gets_a_rule_and_keeps_its_folder(self):
        rule = self.install_polkit()
        state = json.loads(self.guard(0, "on", "--json").stdout)
        self.assertEqual(os.readlink(rule), f"{GUARD_FOLDER}/polkit-1/{rule.name}")
        self.assertEqual(state["files"], [str(link) for link in [*self.links, rule]])
        self.guard(0, "status", says="on")
        self.guard(0, "off", says="off")
        self.assertEqual(list(rule.parent.iterdir()), [])

    def test_polkit_may_come_after_the_guard(self):
        self.guard(0, "on")
        rule = self.install_polkit()
        self.guard(FAILED, "status", says="on, but polkit may let users have systemd kill auditd; type: auditfailctl guard on")
        self.guard(0, "on", says="on")
        self.assertTrue(rule.is_symlink())

    def test_a_rule_of_this_name_that_is_not_ours_is_left_alone(self):
        rule = self.install_polkit()
        rule.write_text("")
        self.guard(FAILED, "on", complains=f"{rule} is not the guard that comes with auditfail")
        self.assertFalse(self.links[0].exists())

    @needs_root
    def test_users_who_may_not_see_polkits_rules_get_an_answer(self):
        self.needs_stranger()
        self.install_polkit()
        self.guard(0, "on")
        self.guard(0, "status", says="on", user=STRANGER, group=STRANGER, extra_groups=[])

    def test_a_mask_takes_the_guard_out_of_force(self):
        for unit in self.UNITS:
            with self.subTest(unit):
                mask = self.root / "etc/systemd/system" / unit
                mask.symlink_to("/dev/null")
                self.guard(FAILED, "on", says=f"on, but not in force: {unit} is masked")
                self.guard(FAILED, "status", says=f"type: systemctl unmask {unit}")
                self.assertEqual(json.loads(self.guard(FAILED, "status", "--json").stdout)["masked"], unit)
                mask.unlink()
                self.guard(0, "status")

    def test_without_the_files_that_come_with_auditfail_nothing_is_linked(self):
        self.come_with_auditfail[0].unlink()
        self.guard(FAILED, "on", complains=f"cannot find {self.come_with_auditfail[0]}")
        self.assertFalse(self.links[0].parent.exists())

    def test_a_guard_whose_auditfail_is_gone_can_be_turned_off(self):
        self.guard(0, "on")
        for file in self.come_with_auditfail:
            file.unlink()
        self.guard(0, "off")

    @needs_root
    def test_only_root_may(self):
        self.needs_stranger()
        stranger = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
        self.guard(DENIED, "on", complains="only root can turn the guard on and off", **stranger)
        self.guard(0, "on")
        self.guard(DENIED, "off", complains="only root can turn the guard on and off", **stranger)
        self.guard(0, "status", **stranger)

    def test_another_word_is_no_state(self):
        self.guard(USAGE, "of", complains="did you mean off?")


class Trouble(Ctl):
    """What can go wrong between here and the daemon, each with an exit status and a next step."""

    ASKING = (["status"], ["list"], ["explain"], ["reload"], ["monitor"])

    def assertEach(self, status, frames, complains, hold=False, commands=(*ASKING, ["query"]), options=()):
        for command in commands:
            with self.subTest(command=command, frames=frames):
                path = self.impostor(*frames, hold=hold)
                result = self.assertCtl(status, *command, *options, f"--socket={path}", complains=complains)
                self.assertEqual(result.stdout, "")

    def test_no_socket(self):
        for command in self.ASKING:
            self.assertCtl(NO_DAEMON, *command,
                           complains="run/io.auditfail.Policy: no such socket; try: auditfaild --listen ")
        if not os.path.exists("/run/auditfail/io.auditfail.Policy"):
            self.assertCtl(NO_DAEMON, "status", variables={"AUDITFAIL_RUNTIME_DIR": ""},
                           complains="no daemon behind /run/auditfail/io.auditfail.Policy: no such socket; is "
                                     "auditfaild.socket enabled? try: systemctl enable --now auditfaild.socket\n")

    def test_a_socket_that_nobody_listens_on(self):
        path = self.folder / "dead"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
            dead.bind(os.fspath(path))
        self.assertCtl(NO_DAEMON, "status", f"--socket={path}", complains="nobody listens there any more; try: ")

    @needs_root
    def test_a_socket_that_is_closed_to_this_user(self):
        self.needs_stranger()
        daemon = self.daemon()
        daemon.path.chmod(0o600)
        self.assertCtl(DENIED, "status", complains=f"cannot connect to {daemon.path}: Permission denied; ",
                       user=STRANGER, group=STRANGER, extra_groups=[])

    def test_a_service_that_accepts_nobody(self):
        path = self.folder / "busy"
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as busy, contextlib.ExitStack() as stack:
            busy.bind(os.fspath(path))
            busy.listen(0)
            waiting = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            waiting.connect(os.fspath(path))
            self.assertCtl(TIMEOUT, "status", f"--socket={path}", "--timeout=0.05",
                           complains="accepted no connection within 0.05 s")

    def test_a_service_that_says_nothing(self):
        self.assertEach(TIMEOUT, [], "did not answer in time", hold=True, options=["--timeout=0.05"])

    def test_a_service_that_begins_and_does_not_end(self):
        self.assertEach(TIMEOUT, [b'{"parameters":'], "did not answer in time", hold=True, options=["--timeout=0.05"])

    def test_a_service_that_hangs_up(self):
        self.assertEach(NO_DAEMON, [], "hung up; try: journalctl -u auditfaild")
        self.assertEach(NO_DAEMON, [b'{"parameters":'], "hung up")

    def test_a_service_that_speaks_something_else(self):
        for words in (b"220 mail.example ESMTP\r\n\0", b"\0", b"[]\0", b'{"parameters":[]}\0', b'{"error":1}\0'):
            self.assertEach(PROTOCOL, [words], "does not speak Varlink")

    def test_answers_of_the_wrong_form(self):
        self.assertEach(PROTOCOL, [frame({})], "cannot be understood")
        for command, good, bad in (
                (["query"], {"action": "log", "generation": 1}, {"action": "panic"}),
                (["query"], {"action": "log", "generation": 1}, {"action": None}),
                (["query"], {"action": "log", "generation": 1}, {"file": 3}),
                (["query"], {"action": "log", "generation": 1}, {"file": "/etc/auditfail/a\0b"}),
                (["query"], {"action": "log", "generation": 1}, {"line": "3"}),
                (["query"], {"action": "log", "generation": 1}, {"generation": 1.5}),
                (["list"], {"applications": []}, {"applications": {}}),
                (["list"], {"applications": []}, {"applications": [1]}),
                (["list"], {"applications": []}, {"applications": [{"application": "a"}]}),
                (["explain"], {"steps": []}, {"steps": "none"}),
                (["explain"], {"steps": []}, {"steps": [None]}),
                (["reload"], {"generation": 1, "changed": True, "applications": 1, "problems": [], "omitted": 0},
                 {"problems": [{"file": "x"}]}),
                (["reload"], {"generation": 1, "changed": True, "applications": 1, "problems": [], "omitted": 0},
                 {"changed": "yes"}),
                (["monitor"], {"event": "start", "time": 0, "generation": 1, "lost": 0}, {"event": "decision"}),
                (["monitor"], {"event": "start", "time": 0, "generation": 1, "lost": 0}, {"event": "reload"}),
                (["monitor"], {"event": "start", "time": 0, "generation": 1, "lost": 0}, {"lost": None})):
            self.assertEach(PROTOCOL, [frame({**good, **bad})], "cannot be understood", commands=[command])

    def test_errors_of_the_service(self):
        self.assertEach(DENIED, [frame({"resource": "connections"}, f"{POLICY}.QuotaExceeded")],
                        "gives this user no more connections")
        self.assertEach(DENIED, [frame({}, f"{SERVICE}.PermissionDenied")], "only root and the daemon's own user")
        self.assertEach(PROTOCOL, [frame({"parameter": "application"}, f"{SERVICE}.InvalidParameter")],
                        "does not accept the application")
        self.assertEach(PROTOCOL, [frame({"interface": POLICY}, f"{SERVICE}.InterfaceNotFound")], "is it auditfaild")
        self.assertEach(PROTOCOL, [frame({}, "org.example.Strange")], "org.example.Strange")

    def test_words_of_the_service_do_not_reach_the_terminal_as_commands(self):
        evil = "\x1b]0;owned\x07\x9b31m\x7f\u202e"
        entry = {"application": f"a{evil}", "action": f"log{evil}", "file": evil, "line": 1, "exceptions": [],
                 "source": "application"}
        for output in (self.ctl("list", f"--socket={self.impostor(frame({'applications': [entry]}))}"),
                       self.ctl("list", "-q", f"--socket={self.impostor(frame({'applications': [entry]}))}"),
                       self.ctl("status", f"--socket={self.impostor(frame({}, f'org.example.{evil}'))}")):
            for control in "\x1b\x07\x9b\x7f\u202e":
                self.assertNotIn(control, output.stdout + output.stderr)
            self.assertIn("\\x1B]0;owned", output.stdout + output.stderr)
        told = self.ctl("list", "--json", f"--socket={self.impostor(frame({'applications': [entry]}))}").stdout
        self.assertEqual(json.loads(told), [entry])
        for control in "\x1b\x9b\x7f":
            self.assertNotIn(control, told)


JOURNAL_REMOTE = shutil.which("systemd-journal-remote", path="/usr/lib/systemd:/lib/systemd")


@unittest.skipUnless(JOURNAL_REMOTE, "systemd-journal-remote is not installed, so no journal can be written")
class History(Ctl):
    DECISION = "6e5f56a498b34df28f26198f5fc86e41"
    START = 1795255230  # 2026-11-21 10:00:30 UTC

    def journal(self, *entries):
        """Writes a journal of ENTRIES (fields on top of a good entry's), a minute after another; returns its path."""
        export = ""
        for number, entry in enumerate(entries):
            fields = {"__REALTIME_TIMESTAMP": (self.START + 60 * number) * 1000000, "__MONOTONIC_TIMESTAMP": number + 1,
                      "_BOOT_ID": "1" * 32, "_MACHINE_ID": "1" * 32, "_SYSTEMD_UNIT": "auditfaild.service", "_UID": 990,
                      "MESSAGE_ID": self.DECISION, "AUDITFAIL_APPLICATION": "passwd", "AUDITFAIL_ACTION": "terminate",
                      "AUDITFAIL_KIND": "denied", "AUDITFAIL_ERRNO": 1, "AUDITFAIL_OPERATION": "audit_open",
                      "AUDITFAIL_RECORD": "USER_CHAUTHTOK", "AUDITFAIL_FILE": "/etc/auditfail/passwd.conf",
                      "AUDITFAIL_LINE": 3, "AUDITFAIL_PID": 12,
                      "AUDITFAIL_UID": 0, "AUDITFAIL_AUID": 1000, "AUDITFAIL_SESSION": 5,
                      "AUDITFAIL_UNIT": "session-5.scope", "AUDITFAIL_PROGRAM": "passwd",
                      "AUDITFAIL_EXE": "/usr/bin/passwd", "AUDITFAIL_SUPPRESSED": 0, **entry}
            export += "".join(f"{name}={value}\n" for name, value in fields.items() if value is not None) + "\n"
        path = self.folder / "test.journal"
        subprocess.run([JOURNAL_REMOTE, "-o", path, "-"], input=export.encode(), check=True, timeout=DEADLINE,
                       stderr=subprocess.PIPE)
        return path

    def applications(self, path, *options):
        result = self.ctl("history", f"--file={path}", "--json", *options)
        self.assertEqual(result.returncode, 0, result)
        return [json.loads(line)["decision"]["application"] for line in result.stdout.splitlines()]

    def test_a_decision_is_a_line(self):
        path = self.journal({}, {"AUDITFAIL_SUPPRESSED": 9, "AUDITFAIL_AUID": None, "AUDITFAIL_SESSION": None,
                                 "AUDITFAIL_UNIT": None, "AUDITFAIL_EXE": None, "AUDITFAIL_OPERATION": None,
                                 "AUDITFAIL_RECORD": None, "AUDITFAIL_KIND": None, "AUDITFAIL_ERRNO": None,
                                 "AUDITFAIL_FILE": None, "AUDITFAIL_LINE": None})
        self.assertEqual(self.assertCtl(0, "history", f"--file={path}").stdout,
                         "2026-11-21 10:00:30  terminate  passwd        denied (EPERM) of audit_open for "
                         "USER_CHAUTHTOK; pid 12 (/usr/bin/passwd), uid 0, auid 1000, session 5, session-5.scope; "
                         "/etc/auditfail/passwd.conf:3\n"
                         "2026-11-21 10:01:30  terminate  passwd        a failure of unknown kind; "
                         "pid 12 (passwd), uid 0; 9 left out before this one\n")

    def test_json_has_the_names_of_the_protocol(self):
        path = self.journal({})
        self.assertEqual(self.ctl_json("history", f"--file={path}"),
                         {"event": "decision", "time": self.START * 1000000, "decision": {
                             "application": "passwd", "action": "terminate", "kind": "denied", "errno": 1,
                             "operation": "audit_open", "record": "USER_CHAUTHTOK",
                             "file": "/etc/auditfail/passwd.conf", "line": 3, "pid": 12, "uid": 0, "auid": 1000,
                             "session": 5, "unit": "session-5.scope", "program": "passwd", "exe": "/usr/bin/passwd",
                             "suppressed": 0}})

    def test_times_applications_and_numbers_choose(self):
        path = self.journal(*({"AUDITFAIL_APPLICATION": name} for name in ("a", "b", "c", "a", "d")))
        self.assertEqual(self.applications(path), ["a", "b", "c", "a", "d"])
        self.assertEqual(self.applications(path, "--since=2026-11-21 10:02:30"), ["c", "a", "d"])
        self.assertEqual(self.applications(path, "--until=2026-11-21 10:02:30"), ["a", "b", "c"])
        self.assertEqual(self.applications(path, "--since=@1795255290", "--until=2026-11-21 10:03"), ["b", "c"])
        self.assertEqual(self.applications(path, "--application=a"), ["a", "a"])
        self.assertEqual(self.applications(path, "--lines=2"), ["a", "d"])
        self.assertEqual(self.applications(path, "--lines=9"), ["a", "b", "c", "a", "d"])
        self.assertEqual(self.applications(path, "--lines=0"), [])
        self.assertEqual(self.applications(path, "--lines=2", "--until=2026-11-21 10:03"), ["b", "c"])
        self.assertEqual(self.applications(path, "--lines=3", "--since=2026-11-21 10:03"), ["a", "d"])
        self.assertEqual(self.applications(path, "-n", "1", "-a", "a", "-U", "2026-11-21 10:01"), ["a"])

    def test_only_the_daemon_and_root_are_believed(self):
        path = self.journal({"AUDITFAIL_APPLICATION": "unit", "_UID": 990},
                            {"AUDITFAIL_APPLICATION": "root", "_UID": 0, "_SYSTEMD_UNIT": "session-1.scope"},
                            {"AUDITFAIL_APPLICATION": "forged", "_UID": 1000, "_SYSTEMD_UNIT": "session-2.scope"},
                            {"AUDITFAIL_APPLICATION": "forged-unit", "_UID": 1000, "_SYSTEMD_UNIT": "user@1000.service",
                             "_SYSTEMD_USER_UNIT": "auditfaild.service"})
        self.assertEqual(self.applications(path), ["unit", "root"])
        self.assertEqual(self.applications(path, "--any"), ["unit", "root", "forged", "forged-unit"])

    def test_entries_of_other_kinds_are_left_out(self):
        path = self.journal({"MESSAGE_ID": None}, {"MESSAGE_ID": "48b8864d29674188aca554698e16c84a"},
                            {"AUDITFAIL_APPLICATION": "right"})
        self.assertEqual(self.applications(path), ["right"])

    def test_a_folder_of_journals_can_be_read(self):
        path = self.journal({})
        self.assertCtl(0, "history", f"--directory={path.parent}", says="  passwd ")

    def test_what_cannot_be_understood_is_counted(self):
        path = self.journal({}, {"AUDITFAIL_PID": "none"}, {"AUDITFAIL_ACTION": None})
        result = self.assertCtl(0, "history", f"--file={path}", complains="2 entries cannot be understood")
        self.assertEqual(len(result.stdout.splitlines()), 1)

    def test_fields_do_not_reach_the_terminal_as_commands(self):
        path = self.journal({"AUDITFAIL_OPERATION": "\x1b[2J", "AUDITFAIL_RECORD": "\x1b[3J"})
        self.assertCtl(0, "history", f"--file={path}", says="of \\x1B[2J for \\x1B[3J;")

    def test_an_empty_answer_is_no_error_and_a_missing_journal_is_one(self):
        path = self.journal({})
        self.assertEqual(self.assertCtl(0, "history", f"--file={path}", "--since=now",
                                        complains="the journal has no such decisions").stdout, "")
        self.assertCtl(0, "history", f"--file={path}", "--since=now", "--quiet")
        self.assertCtl(FAILED, "history", f"--file={path}x", complains="cannot open")
        self.assertCtl(FAILED, "history", f"--directory={path}x", complains="cannot open")


if __name__ == "__main__":
    main()
