#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl query."""

from ctl_harness import IGNORE, LOG, NO_DAEMON, TERMINATE, Ctl
from harness import AUDITFAILCTL, INTERFACES, POLICY, main
from interface_file import Interface


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

    def test_each_action_has_an_exit_status_of_its_own(self):
        actions = Interface((INTERFACES / f"{POLICY}.varlink").read_text()).types["Action"][1]
        for action in actions:
            self.policy(action, action)
        self.daemon()
        statuses = {action: self.ctl("query", action).returncode for action in actions}
        self.assertEqual(len(set(statuses.values())), len(actions), statuses)

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
        self.assertCtl(LOG, "query", "passwd", "--errno=EAGAIN", "--kind=overload")
        self.assertCtl(LOG, "query", "passwd", "--errno=EWOULDBLOCK", says="overload (EAGAIN)")
        self.assertCtl(IGNORE, "query", "passwd", "--errno=ENOTSUP", says="unsupported (EOPNOTSUPP)")
        self.assertCtl(TERMINATE, "query", "passwd", "--errno=EDEADLOCK", says="other (EDEADLK)")
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


if __name__ == "__main__":
    main()
