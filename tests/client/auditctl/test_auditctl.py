#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The requests and the output of auditctl, with a service that the test plays, and with auditfail-controld."""
import json
import os
import pathlib
import re
import socket

from auditctl_harness import (ALICE, AUDITCTL, AUDITFAIL_CONTROLD, CONTROL, DAEMON_END, GRACE, IDENTIFIED, INTERFACE,
                              MANUAL, NOT_TOLD, RECORD, RECORDED, SIGNALLED, SIGNALS, STOP, TOKEN, VERBS, Auditctl,
                              Caller, Service, documented_statuses, refused, status, until)
from harness import DEADLINE, STRANGER, Process, as_uid, main, needs_root


class CommandLine(Auditctl):
    def test_the_manual_has_every_exit_status(self):
        text = (MANUAL.parent.parent / "client/auditctl/outcome.h").read_text()
        self.assertEqual([int(number) for number in re.findall(r"OUTCOME_\w+ = (\d+)", text)],
                         sorted(documented_statuses()))

    def test_a_wrong_command_line_asks_for_nothing(self):
        for arguments in (("stop", "now"), ("stop", "--resaon=x"), ("stop", "--reason"), ("stop", "--force=yes"),
                          ("stop", "--timeout=soon"), ("stop", "--timeout=0"), ("stop", "--timeout=601"),
                          ("stop", "--timeout=nan"), ("whoami", "--reason=x"), ("whoami", "--force"), ("stop", "--json=x")):
            with self.subTest(arguments):
                result = self.auditctl(*arguments)
                self.assertEqual((result.returncode, result.stdout), (status("wrong usage"), ""), result)
                self.assertIn(f"Try: auditctl {arguments[0]} --help", result.stderr)

    def test_an_option_that_is_nearly_right_is_suggested(self):
        self.assertIn('unknown option "--resaon=x"; did you mean "--reason"?', self.auditctl("stop", "--resaon=x").stderr)

    def test_help_fits_on_a_terminal(self):
        text = self.auditctl("stop", "--help").stdout
        self.assertLessEqual(text.count("\n"), 23)
        self.assertLessEqual(max(map(len, text.splitlines())), 80, text)

    def test_version_is_told(self):
        self.assertRegex(self.auditctl("whoami", "--version").stdout, r"^auditctl \d+\.\d+\S* of auditfail\n$")

    def test_quiet_prints_only_what_must_not_be_overlooked(self):
        result = self.play(until(*STOP), "stop", "--quiet")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        steps = until(IDENTIFIED, ("unconfirmed", {"detail": "no\nlog"}), SIGNALLED,
                      then=lambda caller: caller.progress("done", last=True, detail="it starts again"))
        result = self.play(steps, "stop", "-q")
        self.assertEqual((result.returncode, result.stdout), (0, ""))
        self.assertEqual(result.stderr, "auditctl: the record may be missing on disk: no / log\n"
                                        "auditctl: done, but: it starts again\n")
        self.assertOutcome(self.play(refused("NoLogin"), "stop", "-q"), "no login")

    def test_json_has_modes(self):
        def shown(*arguments):
            result = self.play(until(IDENTIFIED, ("done", {"last": True})), "stop", *arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            return result.stdout
        short = shown("--json")
        self.assertEqual(([shown("-j"), shown("--json=short")], short.count("\n")), ([short] * 2, 2))
        self.assertIn('"auid": 54321,\n', shown("--json=pretty"))
        self.assertRegex(shown("-j", "--json=off"), "^Identified as ")

    def test_a_reason_that_no_record_can_hold_is_not_even_sent(self):
        for reason in ("x" * 4097, "\x01" * 2049, "a b " * 600):
            self.assertOutcome(self.auditctl("stop", "--reason", reason), "wrong usage", "too long", NOT_TOLD)

    def test_what_the_service_finds_too_long_is_said_alike(self):
        script = refused("org.varlink.service.InvalidParameter", parameter="reason")
        self.assertOutcome(self.play(script, "stop", "--reason", "ä" * 2000), "wrong usage", "too long", NOT_TOLD)

    def test_errors_of_varlink(self):
        for error, parameters, words, said in (
                ("InvalidParameter", {"parameter": "timeout"}, "wrong usage", "does not accept this --timeout"),
                ("InvalidParameter", {"parameter": "token"}, "service not reachable", "InvalidParameter token; is it of this"),
                ("PermissionDenied", {"reason": "only root may"}, "permission denied", "only root may")):
            with self.subTest(error, **parameters):
                script = refused(f"org.varlink.service.{error}", **parameters)
                self.assertOutcome(self.play(script, "stop"), words, said, NOT_TOLD)

    def test_each_word_asks_for_what_it_says(self):
        for word, method, name in (("stop", "Stop", None), ("restart", "Restart", None),
                                   *((word, "Signal", word) for word in SIGNALS)):
            done = until(("done", {"last": True}))
            parameters, called = self.play(done, word).played
            self.assertEqual((called, parameters.get("signal")), (method, name))
            self.assertEqual(parameters, {"token": TOKEN, "force": False, "timeout": 30000, "interactive": False,
                                          **({"signal": name} if name else {})})

    def test_options_reach_the_service(self):
        parameters, _ = self.play(until(("done", {"last": True})), "stop", "--force", "--timeout=2.5", "--reason",
                                  "a \"b\"\nc=d ä").played
        self.assertEqual({**parameters, "token": None},
                         {"token": None, "force": True, "timeout": 2500, "interactive": False,
                          "reason": "a \"b\"\nc=d ä"})

    def test_bytes_that_are_no_text_are_sent_as_replacement_characters(self):
        parameters, _ = self.play(until(("done", {"last": True})), "stop", "--reason", b"a\xffb").played
        self.assertEqual(parameters["reason"], "a\N{REPLACEMENT CHARACTER}b")


class Documents(Auditctl):
    """Help, manual pages and completions have every verb."""

    SOURCE = MANUAL.parent.parent

    def test_help_has_every_verb(self):
        text = self.auditctl("stop", "--help").stdout.split("\nVerbs:\n")[1]
        self.assertEqual(re.findall(r"(?m)^  (\w+) ", text), VERBS)

    def test_zsh_knows_every_verb(self):
        text = (self.SOURCE / "units/completions/_auditctl").read_text()
        self.assertEqual(re.findall(r"(?m)^\t\t'(\w+):", text), VERBS)
        self.assertEqual(re.search(r"(?m)^\t(stop\|.*)\)$", text)[1].split("|"), VERBS[:-1])

    def test_the_manual_has_every_verb(self):
        text = MANUAL.read_text()
        names = text.split(".SH NAME\n")[1].split("\\-")[0]
        self.assertEqual(re.findall(r"auditctl-(\w+)", names), VERBS)
        verbs = text.split(".SH VERBS\n")[1].split(".SH ")[0]
        self.assertEqual(re.findall(r"(?m)^\.TP\n\.B (\w+)$", verbs), VERBS)

    def test_man_finds_the_page_by_every_verb(self):
        links = re.search(r"foreach word : \[(.*)\]", (MANUAL.parent / "meson.build").read_text())[1]
        self.assertEqual(re.findall(r"\w+", links), VERBS[1:])

    def test_the_page_of_the_daemon_has_every_signal(self):
        text = (MANUAL.parent / "auditfail-controld.8").read_text()
        method = text.split(".TP\n.B Signal\n")[1].split(".TP\n")[0]
        self.assertEqual(re.findall(r"(?m)^\.B (\w+)$", method)[:len(SIGNALS)], SIGNALS)
        for signal in SIGNALS:
            self.assertIn(f"auditd\\-{signal}", text)


class Progress(Auditctl):
    def test_a_stop_is_a_line_a_step(self):
        result = self.play(until(*STOP), "stop")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        *lines, last, trail = result.stdout.splitlines()
        self.assertEqual(lines, ["Identified as unknown user (auid 54321, session 4) on pts/0, through uid 0",
                                 "Recorded and on disk: event 1732270000.123:456 (ausearch -a 456)",
                                 "Signalled auditd (pid 321)", "Draining: 1203 records in the kernel",
                                 "Ended: auditd is gone"])
        self.assertRegex(last, r"^Stopped after \d+\.\d s\. The trail says:$")
        self.assertEqual(trail, f"  {DAEMON_END}")

    def test_users_have_names(self):
        caller = {**ALICE, "auid": 0, "session": None, "terminal": None}
        self.assertDone(self.play(until(("identified", {"caller": caller}), ("done", {"last": True})), "stop"),
                        "Identified as root (auid 0)")

    def test_who_has_no_login_is_named_by_uid(self):
        caller = {"pid": 1, "uid": 0, "gid": 0}
        self.assertDone(self.play(until(("identified", {"caller": caller}), ("done", {"last": True})), "stop"),
                        "Identified as root (uid 0, no login)")

    def test_a_restart_says_who_runs_now(self):
        result = self.play(until(IDENTIFIED, RECORDED, SIGNALLED, "stopped", "starting",
                                 ("done", {"auditd": 654, "trail": [], "last": True})), "restart")
        self.assertDone(result, "Starting auditd.service")
        self.assertRegex(result.stdout.splitlines()[-1], r"^Restarted after \d+\.\d s: auditd \(pid 654\)\.$")

    def test_a_reload_shows_what_loading_the_rules_has_said(self):
        result = self.play(until(("rules", {"detail": "No rules\nenabled 1\n"}), ("done", {"last": True})), "reload")
        self.assertEqual(result.stdout.splitlines()[:3], ["Rules: loaded", "  No rules", "  enabled 1"])

    def test_state_prints_the_report(self):
        report = "audit version = 3.0.9\ncurrent time = 11/22/26\n"
        result = self.play(until(("done", {"auditd": 321, "state": report, "last": True})), "state")
        self.assertRegex(result.stdout, r"^Reported after .*\nIts report:\n  audit version = 3.0.9\n  current time = ")

    def test_what_is_not_known_to_be_on_disk_is_not_called_recorded(self):
        result = self.play(until(("unconfirmed", {"record": {"request": "0"}, "detail": "write_logs = no"}),
                                 ("done", {"last": True})), "stop")
        self.assertDone(result, "Unconfirmed: the record may be missing on disk: write_logs = no")

    def test_what_is_not_as_it_should_be_although_done_goes_to_stderr(self):
        result = self.play(until(("done", {"detail": "auditd left no\nDAEMON_END\n", "last": True})), "stop")
        self.assertOutcome(result, "success", "auditctl: done, but: auditd left no / DAEMON_END\n")

    def test_a_step_of_a_later_version_is_passed_over(self):
        result = self.play(until(IDENTIFIED, "sealed", SIGNALLED, ("done", {"last": True})), "stop")
        self.assertDone(result, "Signalled auditd (pid 321)")

    def test_replies_may_come_in_pieces_and_in_heaps(self):
        def script(caller):
            caller.identify()
            caller.requested()
            frames = b"".join(json.dumps({"parameters": {"progress": {"step": step, "auditd": 321}},
                                          "continues": step != "done"}).encode() + b"\0"
                              for step in ("signalled", "stopped", "done"))
            caller.connection.sendall(frames[:10])
            for at in range(10, 40):
                caller.connection.sendall(frames[at:at + 1])
            caller.connection.sendall(frames[40:])
        self.assertDone(self.play(script, "stop"), "Signalled auditd (pid 321)", "Ended: auditd is gone")

    def test_json_is_the_protocols_progress_an_object_a_line(self):
        result = self.play(until(*STOP), "stop", "--json")
        self.assertDone(result)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        self.assertEqual([line["step"] for line in lines],
                         ["identified", "recorded", "signalled", "draining", "draining", "draining", "stopped", "done"])
        self.assertEqual((lines[0]["caller"], lines[1]["record"], lines[-1]["trail"]), (ALICE, RECORD, [DAEMON_END]))

    def test_json_has_errors_as_they_came(self):
        result = self.play(refused("NotRecorded", cause="hung", detail="why"), "stop", "--json")
        self.assertOutcome(result, "not recorded: the audit daemon hangs")
        self.assertEqual(json.loads(result.stdout), {"error": f"{CONTROL}.NotRecorded",
                                                     "parameters": {"cause": "hung", "detail": "why"}})

    def test_nothing_that_comes_over_the_wire_commands_a_terminal(self):
        evil = "\x1b[2J\x07\x9b31m\u202e\x00\r\nauditctl: done"
        caller = {**ALICE, "terminal": evil.replace("\x00", "")}
        steps = [("identified", {"caller": caller}), ("recorded", {"record": {"event": evil.replace("\x00", ""),
                                                                            "request": "0"}})]
        for step in steps + [("unconfirmed", {"detail": evil.replace("\x00", "")}),
                             ("done", {"trail": [f"type=DAEMON_END {evil}", "a\x1dAUID=\"alice\""], "last": True}),
                             ("done", {"state": evil.replace("\x00", ""), "last": True})]:
            result = self.play(until(step), "stop")
            self.assertNotRegex(result.stdout + result.stderr, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", step)
            self.assertNotIn("\nauditctl: done", result.stdout)
        for error in ("PermissionDenied", "Failed", "NoEffect", "NotConfirmed", evil):
            result = self.play(refused(error, reason=evil.replace("\x00", ""), detail=evil.replace("\x00", ""),
                                       signalled=True), "stop")
            self.assertNotRegex(result.stderr, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]")
            self.assertEqual(result.stderr.count("\n"), 1, result)
        result = self.play(until(("done", {"state": evil, "last": True})), "stop", "--json")
        self.assertNotRegex(result.stdout, "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        self.assertEqual(json.loads(result.stdout)["state"], evil)

    def test_enriched_records_have_a_blank_for_their_separator(self):
        result = self.play(until(("done", {"trail": [DAEMON_END + "\x1dAUID=\"alice\""], "last": True})), "stop")
        self.assertDone(result, f"  {DAEMON_END} AUID=\"alice\"")

    def test_lost_output_does_not_cancel(self):
        with open("/dev/full", "wb") as full:
            result = self.play(until(*STOP), "stop", stdout=full)
        self.assertOutcome(result, "out of memory, or the output", "cannot write the output")

        def script(caller):
            caller.identify()
            caller.requested()
            caller.progress("identified", caller=ALICE)
            os.read(reader, 4096)
            os.close(reader)
            caller.progress("recorded", record=RECORD)
            caller.progress("signalled", auditd=321)
            caller.error("NoEffect", signalled=True, detail="runs on")
        reader, writer = os.pipe()
        with os.fdopen(writer, "wb") as pipe:
            result = self.play(script, "stop", stdout=pipe)
        self.assertEqual(result.returncode, status("no effect"), result)


class Errors(Auditctl):
    # Of each: the beginning of the exit status' description, error, parameters, a part of the message.
    REFUSALS = (
        ("permission denied", "PermissionDenied", {"reason": "polkit says no"}, "polkit says no"),
        ("not identified", "NotIdentified", {"reason": "another pid"}, "another pid"),
        ("no login", "NoLogin", {}, "; run0, systemd-run and services have no login: in your own login session, type: "
         "sudo auditctl stop, or: auditctl stop (polkit asks for a password); root can use --force"),
        ("too many requests", "RateLimited", {"retryAfter": 12340}, "12.3 s"),
        ("busy", "Busy", {"caller": ALICE}, "that of unknown user (auid 54321, session 4) on pts/0"),
        ("no audit daemon", "NoAuditDaemon", {}, "systemctl start auditd"),
        ("no audit daemon", "NoAuditDaemon", {"detail": "systemctl cancel 7"},
         "there is no audit daemon yet: systemctl cancel 7;"),
        ("another program", "OtherAuditDaemon", {"pid": 9, "program": "go-audit"}, "go-audit (pid 9)"),
        ("not recorded: the audit daemon is stopped", "NotRecorded", {"cause": "stopped", "detail": "T"}, "-CONT"),
        ("not recorded: the disk", "NotRecorded", {"cause": "disk_full", "detail": "sda 1"}, "sda 1"),
        ("not recorded: the file system", "NotRecorded", {"cause": "read_only", "detail": ""}, "remount,rw"),
        ("not recorded: logging", "NotRecorded", {"cause": "suspended", "detail": ""}, "auditctl resume"),
        ("not recorded: the audit daemon hangs", "NotRecorded", {"cause": "hung", "detail": ""}, "--force"),
        ("not recorded: auditing is switched off", "NotRecorded", {"cause": "disabled", "detail": ""},
         "auditctl -e 1; root can use --force, but the trail then has no record of the request"),
        ("not recorded: an audit rule", "NotRecorded", {"cause": "excluded", "detail": "R",
                                                          "rule": "never,user -F 'uid>=0'"},
         "drops its record: R; to delete it: auditctl -d never,user -F 'uid>=0'; auditd was"),
        ("not recorded: an audit rule", "NotRecorded", {"cause": "excluded", "detail": "locked"},
         "drops its record: locked; see: auditctl -l"),
        ("not recorded: the kernel loses", "NotRecorded", {"cause": "lost", "detail": "7"}, "auditctl -r 0"),
        ("not confirmed", "NotConfirmed", {"detail": "write_logs = no"}, "write_logs = no"),
        ("the audit daemon ended by itself", "EndedByItself", {"record": RECORD}, "event 1732270000.123:456"),
        ("cancelled", "Cancelled", {}, "cancelled"),
        ("failed before", "Failed", {"signalled": False, "detail": "no memory"}, "no memory"),
    )
    AFTER_THE_SIGNAL = (
        ("no effect", "NoEffect", {"signalled": True, "detail": "it runs on"}, "auditd has the signal"),
        ("not started", "NotStarted", {"detail": "masked"}, "systemctl status auditd"),
        ("the rules, or some", "RulesNotLoaded", {"detail": "line 3\nbad\n"},
         "line 3 / bad; auditd has the signal; correct them in /etc/audit/rules.d, then: auditctl reload, or reboot if they "),
        ("failed after", "Failed", {"signalled": True, "detail": "killed"}, "auditd has the signal"),
    )

    def test_every_error_of_the_interface_is_among_them(self):
        for _, error, parameters, _ in self.REFUSALS + self.AFTER_THE_SIGNAL:
            INTERFACE.check(INTERFACE.errors[error], parameters, error)
        self.assertEqual({error for _, error, *_ in self.REFUSALS + self.AFTER_THE_SIGNAL}, set(INTERFACE.errors))

    def test_every_refusal_has_a_status_of_its_own(self):
        seen = {}
        for words, error, parameters, said in self.REFUSALS:
            with self.subTest(error, **parameters):
                result = self.play(refused(error, **parameters), "stop")
                self.assertOutcome(result, words, said, NOT_TOLD)
                self.assertIn(result.returncode, range(10, 30))
                seen[result.returncode] = error
        self.assertEqual(len(seen), 19)

    def test_a_user_who_may_not_is_told_to_use_sudo(self):
        stranger = {"user": STRANGER, "group": STRANGER, "extra_groups": []} if os.geteuid() == 0 else {}
        self.addCleanup(os.umask, os.umask(0))  # everyone may connect
        for options in (["stop"], ["rotate", "--force"]):
            script = refused("PermissionDenied", reason="only root may")
            self.assertOutcome(self.play(script, *options, **stranger), "permission denied",
                               f"; try: sudo auditctl {' '.join(options)}\n")

    def test_what_failed_after_the_signal_says_so(self):
        for words, error, parameters, said in self.AFTER_THE_SIGNAL:
            with self.subTest(error):
                result = self.play(until(SIGNALLED, then=lambda caller: caller.error(error, **parameters)), "reload")
                self.assertOutcome(result, words, said)
                self.assertNotIn(NOT_TOLD, result.stderr)
                self.assertIn(result.returncode, range(30, 40))

    def test_an_error_that_does_not_say_whether_it_signalled_claims_nothing(self):
        for error, parameters in (("NoEffect", {"detail": "x"}), ("Failed", {"signalled": 1, "detail": "x"}), ("NotRecorded", {"cause": "fire"}), ("Novelty", {})):
            self.assertOutcome(self.play(refused(error, **parameters), "stop"), "not known", "is not known")

    def test_a_service_may_not_know_whether_it_signalled(self):
        self.assertOutcome(self.play(refused("Failed", detail="killed"), "stop"), "not known",
                           "the service failed: killed; whether auditd has the signal is not known; see: auditctl -s")

    def test_what_became_of_an_interrupted_request_is_shown(self):
        for options in ([], ["-q"]):
            result = self.play(until(("identified", {**IDENTIFIED[1], "detail": "request 0 was\ninterrupted"}),
                                     ("done", {"last": True})), "stop", *options)
            self.assertEqual((result.returncode, result.stderr), (0, "auditctl: note: request 0 was / interrupted\n"))

    def test_a_service_that_does_not_know_the_call_has_not_carried_it_out(self):
        result = self.play(refused("org.varlink.service.MethodNotFound", method="Stop"), "stop")
        self.assertOutcome(result, "service not reachable", NOT_TOLD)

    def test_who_is_turned_away_unread_learns_why(self):
        def script(caller):
            caller.error("PermissionDenied", reason="only root may")
            caller.connection.close()
        for word in ("stop", "whoami"):
            self.assertOutcome(self.play(script, word), "permission denied", "only root may", NOT_TOLD)

    def test_without_a_service_the_way_to_one_is_shown(self):
        self.assertOutcome(self.auditctl("stop"), "service not reachable", NOT_TOLD,
                           "systemctl enable --now auditfail-controld.socket")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deserted:
            deserted.bind(os.fspath(self.path))
        self.assertOutcome(self.auditctl("stop"), "service not reachable", "Connection refused", NOT_TOLD)
        environment = self.environment(AUDITFAIL_RUNTIME_DIR="/dev/null")
        self.assertOutcome(self.auditctl("stop", env=environment), "service not reachable", "cannot connect to ",
                           "Not a directory", NOT_TOLD)

    @needs_root
    def test_root_does_not_ask_a_service_of_another_user(self):
        self.path.parent.chmod(0o777)
        with as_uid(STRANGER):
            service = Service(self.path, lambda caller: caller.gone())
        result = self.auditctl("stop")
        service.close()
        self.assertOutcome(result, "service not reachable", f"belongs to uid {STRANGER}", NOT_TOLD)

    def test_a_hang_up_is_told_by_how_far_it_came(self):
        self.assertOutcome(self.play(lambda caller: caller.call() and None, "stop"), "service not reachable",
                           "closed the connection", NOT_TOLD)
        self.assertOutcome(self.play(until(IDENTIFIED, RECORDED), "stop"), "not known", "closed the connection",
                           "it is not known whether auditd has the signal")
        self.assertOutcome(self.play(until(IDENTIFIED, SIGNALLED), "stop"), "not known", "closed the connection",
                           "auditd has the signal, but its result is not known")

    def test_what_makes_no_sense_is_not_taken_for_an_answer(self):
        def sends(data):
            return until(then=lambda caller: caller.connection.sendall(data))
        for data, said in ((b"what?\0", "does not speak Varlink"), (b"[]\0", "does not speak Varlink"),
                           (b"{}\0", '"progress"'), (b'{"parameters":{"progress":{}}}\0', '"step"'),
                           (b'{"parameters":{"progress":{"step":"stopped"}}}\0', '"continues"'),
                           (b'{"parameters":{"progress":{"step":"recorded"}},"continues":true}\0', '"record"'),
                           (b'{"parameters":{"progress":{"step":"identified","caller":{}}},"continues":true}\0', '"uid"'),
                           (b'{"parameters":{"progress":{"step":"done","trail":"x"}}}\0', '"trail"'),
                           (b'{"parameters":{"progress":{"step":"done","trail":[1]}}}\0', '"trail"')):
            with self.subTest(data):
                self.assertOutcome(self.play(sends(data), "stop"), "not known", said)

    def test_a_silent_service_is_given_up_and_a_person_who_types_a_password_is_not(self):
        def silent(caller):
            caller.identify()
            caller.requested()
            return caller.gone(seconds=GRACE + DEADLINE)

        def waiting(caller):
            caller.identify()
            caller.requested()
            caller.progress("waiting")
            still_there = not caller.gone(seconds=GRACE + 1)
            caller.progress("done", last=True)
            return still_there

        services = [Service(self.folder / name, script) for name, script in (("a", silent), ("b", waiting))]
        processes = []
        for name in ("a", "b"):
            (self.folder / f"run.{name}").mkdir()
            (self.folder / f"run.{name}" / CONTROL).symlink_to(self.folder / name)
            processes.append(self.start("stop", "--timeout=0.1", env=self.environment(
                AUDITFAIL_RUNTIME_DIR=str(self.folder / f"run.{name}"))))
        errors = [process.communicate(timeout=GRACE + DEADLINE)[1] for process in processes]
        for service in services:
            service.close()
        self.assertEqual([service.result for service in services], [True, True])
        self.assertEqual([process.returncode for process in processes], [status("not known"), 0])
        self.assertIn("did not answer within 5.1 s; it is not known whether auditd has the signal", errors[0])


class WhoAmI(Auditctl):
    def test_it_prints_what_the_service_knows(self):
        result = self.play(lambda caller: caller.identify({**ALICE, "label": "unconfined"}), "whoami")
        self.assertDone(result)
        self.assertEqual([line.strip() for line in result.stdout.splitlines()],
                         ["Login: unknown user (auid 54321)", "Session: 4", "User: root (uid 0, gid 0)", "Process: 4711",
                          "Program: auditctl", "Terminal: pts/0", "Label: unconfined"])

    def test_without_a_login_it_says_what_that_means(self):
        result = self.play(lambda caller: caller.identify({"pid": 1, "uid": 0, "gid": 0}), "whoami")
        self.assertDone(result, "    Login: none (no auid): requests are refused, except with --force by root; in a "
                                "login session, use sudo instead of run0 and systemd-run")

    def test_as_json_it_is_the_protocols_caller_without_the_token(self):
        result = self.play(Caller.identify, "whoami", "--json")
        self.assertDone(result)
        self.assertEqual(json.loads(result.stdout), ALICE)


@needs_root
class WithTheService(Auditctl):
    """With auditfail-controld, which identifies callers with --no-trail, and then refuses every request."""

    def setUp(self):
        super().setUp()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)  # as auditfail-controld.socket has it
            listener.bind(os.fspath(self.path))
            listener.listen()
            self.service = Process([AUDITFAIL_CONTROLD, "--no-trail", "--log=stderr"], sockets=[listener],
                                   stderr=self.folder / "stderr")
        self.processes.append(self.service)
        self.addCleanup(self.service.close)

    def test_whoami_is_who_the_kernel_says(self):
        process = self.start("whoami", "--json")
        out, err = process.communicate(timeout=DEADLINE)
        caller = json.loads(out)
        self.assertEqual((process.returncode, err), (0, ""))
        self.assertEqual({name: caller[name] for name in ("pid", "uid", "gid", "program")},
                         {"pid": process.pid, "uid": 0, "gid": 0, "program": pathlib.Path(AUDITCTL).name})

    def test_a_request_is_identified_and_then_not_carried_out(self):
        result = self.auditctl("stop", "--force", "--reason=a test")
        self.assertOutcome(result, "failed before the signal", "--no-trail", NOT_TOLD)
        self.assertRegex(result.stdout, "^Identified as root ")

    def test_without_a_login_root_is_pointed_to_force(self):
        if pathlib.Path("/proc/self/loginuid").read_text() != "4294967295":
            self.skipTest("the user of this test is logged in")
        self.assertOutcome(self.auditctl("rotate"), "no login", "--force", NOT_TOLD)

    def test_a_reason_of_any_length_gets_an_answer(self):
        for length in (2049, 4094):
            for character in ("x", " ", "\x01", '"', "ä", "\\"):
                reason = (character * length).encode()[:length].decode(errors="ignore")
                outcome = self.auditctl("stop", "--force", "--reason", reason).returncode
                self.assertIn(outcome, (status("failed before"), status("wrong usage")), (length, character))


if __name__ == "__main__":
    main()
