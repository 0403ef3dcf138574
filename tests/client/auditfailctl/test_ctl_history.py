#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl history."""
import json
import os
import shutil
import subprocess
import unittest

from ctl_harness import FAILED, Ctl
from harness import AUDITFAILCTL, DEADLINE, main

JOURNAL_REMOTE = shutil.which("systemd-journal-remote", path="/usr/lib/systemd:/lib/systemd")


@unittest.skipUnless(JOURNAL_REMOTE, "systemd-journal-remote is not installed, so no journal can be written")
class History(Ctl):
    DECISION = "6e5f56a498b34df28f26198f5fc86e41"
    START = 1795255230  # 2026-11-21 10:00:30 UTC

    def journal(self, *entries, file="test.journal"):
        """Writes a journal with ENTRIES, one a minute, and returns its path. Each entry changes fields of a good entry."""
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
        path = self.folder / file
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

    def test_options_select(self):
        path = self.journal(*({"AUDITFAIL_APPLICATION": name} for name in ("a", "b", "c", "a", "d")))
        for options, expected in ((), "abcad"), (("--since=2026-11-21 10:02:30",), "cad"), \
                (("--until=2026-11-21 10:02:30",), "abc"), (("--since=@1795255290", "--until=2026-11-21 10:03"), "bc"), \
                (("--application=a",), "aa"), (("-n", "1", "-a", "a", "-U", "2026-11-21 10:01"), "a"), \
                (("--lines=2",), "ad"), (("--lines=9",), "abcad"), (("--lines=0",), ""), (("--lines=all",), "abcad"), \
                (("--lines=2", "--until=2026-11-21 10:03"), "bc"), (("--lines=3", "--since=2026-11-21 10:03"), "ad"), \
                (("--reverse",), "dacba"), (("-r", "-n2"), "da"), (("--boot=" + "1" * 32,), "abcad"), (("-b0",), "abcad"):
            with self.subTest(options):
                self.assertEqual("".join(self.applications(path, *options)), expected)

    def test_follow_shows_decisions_as_they_are_written(self):
        self.journal({"AUDITFAIL_APPLICATION": "a"})
        process = subprocess.Popen([AUDITFAILCTL, "history", f"--directory={self.folder}", "--follow"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment())
        with process:
            self.assertIn("terminate  a ", process.stdout.readline())
            self.journal({"AUDITFAIL_APPLICATION": "b"}, file="later.journal")
            self.assertIn("terminate  b ", process.stdout.readline())
            process.terminate()
            process.communicate(timeout=DEADLINE)  # returns only if journalctl, which shares stderr, ends as well

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

    def test_colours_of_systemd_do_not_reach_the_json(self):
        path = self.journal({})
        self.assertCtl(0, "history", f"--file={path}", says="  passwd ", variables={"SYSTEMD_COLORS": "256"})

    def test_no_decision_is_no_error(self):
        path = self.journal({})
        self.assertEqual(self.assertCtl(0, "history", f"--file={path}", "--since=now",
                                        complains="the journal has no such decisions").stdout, "")
        self.assertCtl(0, "history", f"--file={path}", "--since=now", "--quiet")

    def test_journalctl_explains_what_it_cannot_do(self):
        path = self.journal({})
        for options, reason in ([f"--file={path}x"], "No such file"), ([f"--directory={path}x"], "No such file"), \
                (["--since=soon"], "soon"), (["--since="], "timestamp"), (["--lines=x"], "x"), (["--lines=-1"], "-1"), \
                ([f"--file={path}", f"--directory={path}"], "at most one"):
            with self.subTest(options):
                result = self.assertCtl(FAILED, "history", *options, complains="cannot read the journal: journalctl failed")
                self.assertIn(reason, result.stderr)


class StandIn(Ctl):
    """A journalctl of the test's own."""

    def history(self, status, script, *options, **expected):
        program = self.folder / "journalctl"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return self.assertCtl(status, "history", *options, variables={"PATH": f"{self.folder}:{os.environ['PATH']}"},
                              **expected)

    @staticmethod
    def entry(**fields):
        return json.dumps({"__REALTIME_TIMESTAMP": "1795255230000000", "AUDITFAIL_APPLICATION": "passwd",
                           "AUDITFAIL_ACTION": "log", "AUDITFAIL_PID": "1", "AUDITFAIL_UID": "0",
                           "AUDITFAIL_SUPPRESSED": "0", **fields})

    def show(self, *lines, **expected):
        (self.folder / "entries").write_text("".join(f"{line}\n" for line in lines))
        return self.history(0, f"cat {self.folder}/entries", **expected).stdout.splitlines()

    def test_without_journalctl_there_is_no_history(self):
        self.assertCtl(FAILED, "history", variables={"PATH": "/nowhere"},
                       complains="auditfailctl: cannot run journalctl, which reads the journal: No such file or directory")

    def test_a_journalctl_that_fails_is_an_error(self):
        self.history(FAILED, "echo because >&2; exit 3", complains="because\nauditfailctl: cannot read the journal: "
                     "journalctl failed with exit status 3")
        self.history(FAILED, "kill -KILL $$", complains="cannot read the journal: signal 9 ended journalctl")

    def test_journalctl_gets_each_option_as_one_word(self):
        for option in ("--since=-1h; reboot", "--directory=/a b", "--machine=--root=/", "--boot"):
            self.history(0, 'printf "%s\\n" "$@" >"$0.arguments"', option, complains="no such decisions")
            self.assertIn(option, (self.folder / "journalctl.arguments").read_text().splitlines())

    def test_values_of_every_form_are_read(self):
        shown = self.show(self.entry(AUDITFAIL_OPERATION=[0x61, 0x1b, 0xff], AUDITFAIL_EXE=["/first", "/second"]),
                          self.entry(AUDITFAIL_OPERATION=[[0x62], "c"], AUDITFAIL_EXE=None, AUDITFAIL_FILE=""),
                          self.entry(AUDITFAIL_OPERATION=[], AUDITFAIL_RECORD=[1.5], AUDITFAIL_KIND=[{}]))
        self.assertIn(" of a\\x1B\ufffd; pid 1 (/first), uid 0", shown[0])
        self.assertIn(" of b; pid 1, uid 0", shown[1])
        self.assertIn("a failure of unknown kind; pid 1, uid 0", shown[2])

    def test_lines_that_are_no_entries_are_counted(self):
        for line in ("", "[]", "{", "7", "[" * 1000, '{"a":"' + "x" * (3 << 20) + '"}',
                     "x" * ((1 << 20) - 1) + self.entry(), self.entry(AUDITFAIL_PID=7)):
            with self.subTest(line[:20]):
                shown = self.show(self.entry(), line, self.entry(), complains="1 entries cannot be understood")
                self.assertEqual(len(shown), 2)

    def test_lost_output_is_an_error(self):
        (self.folder / "entries").write_text(f"{self.entry()}\n" * 10000)
        with open("/dev/full", "w") as full:
            result = self.history(FAILED, f"cat {self.folder}/entries", stdout=full, complains="cannot write the output")
        self.assertNotIn("journalctl", result.stderr)

    def test_an_entry_without_its_end_is_counted(self):
        self.history(0, f"printf %s '{self.entry()[:-1]}'", complains="1 entries cannot be understood")


if __name__ == "__main__":
    main()
