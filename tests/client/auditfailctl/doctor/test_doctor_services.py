#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl doctor, on services of a stand-in for systemd, and the drop-in that it offers."""
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

from doctor_harness import (APART, AUDIT, AUDITFAILCTL, BOTH, PRELOAD, STATIC, UNABLE, WITHOUT_AUDIT, Doctor, Has, etc,
                            needs_audit)
from harness import STRANGER, main, needs_root, needs_systemd_analyze
from ctl_harness import DENIED, FAILED, NO_DAEMON, USAGE
from systemd_harness import SystemdTest

DROP_IN = pathlib.Path(os.environ["UNITS"]) / "auditfail-preload.conf"


class Services(SystemdTest, Doctor):
    """Services of a stand-in for systemd, on a bus of the test."""

    def service(self, *properties, **expected):
        """What doctor says about a service with these PROPERTIES, of a systemd that replaces the last one."""
        self.systemd("cups.service", *properties, f"ExecStart={AUDIT}")
        return self.doctor("cups.service", DBUS_SYSTEM_BUS_ADDRESS=self.address, **expected)

    def test_a_service_is_told_how_to_be_reached(self):
        said = self.service(type="service", unit="cups.service", program=AUDIT, audit="linked", reached="nothing")
        self.assertEqual(said["next"][:3],
                         ["mkdir -p /etc/systemd/system/cups.service.d",
                          f"ln -s {os.environ['GUARD_FOLDER']}/auditfail-preload.conf "
                          "/etc/systemd/system/cups.service.d/50-auditfail-preload.conf",
                          "systemctl daemon-reload && systemctl restart cups.service"])

    def test_a_unit_with_a_name_that_the_shell_changes_is_quoted_and_an_instance_has_its_templates_folder(self):
        for unit, folder in ((r"a-b\x2dc.service", r"a-b\x2dc.service.d"),
                             ("sshd@1-10.0.0.1.service", "sshd@.service.d")):
            with self.subTest(unit):
                self.systemd(unit, f"ExecStart={AUDIT}")
                steps = self.doctor(unit, DBUS_SYSTEM_BUS_ADDRESS=self.address)["next"]
                self.assertEqual(shlex.split(steps[0]), ["mkdir", "-p", f"/etc/systemd/system/{folder}"])
                self.assertEqual(shlex.split(steps[1])[-1],
                                 f"/etc/systemd/system/{folder}/50-auditfail-preload.conf")
                self.assertEqual(shlex.split(steps[2])[-1], unit)

    @needs_audit
    def test_what_takes_audit_from_a_service_is_found(self):
        for properties, errno in (
                ((), None),
                (("RestrictAddressFamilies=AF_UNIX AF_NETLINK",), None),
                (("User=lp", "AmbientCapabilities=0x20000000"), None),
                (("SystemCallFilter=socket sendto recvfrom read",), None),
                (("SystemCallFilter=~ptrace:1 reboot",), None),
                (("RestrictAddressFamilies=AF_UNIX AF_INET",), 97),
                (("RestrictAddressFamilies=~AF_NETLINK",), 97),
                (("CapabilityBoundingSet=0xdfffffff",), 1),
                (("User=lp",), 1),
                (("DynamicUser=1",), 1),
                (("SystemCallFilter=read write", "SystemCallErrorNumber=1"), 1),
                (("SystemCallFilter=read write", "SystemCallErrorNumber=38"), 38),
                (("SystemCallFilter=~sendto", "SystemCallErrorNumber=1"), 1),
                (("SystemCallFilter=~sendto:38", "SystemCallErrorNumber=1"), 38),
                (("SystemCallFilter=~sendto:EACCES",), 13),
                (("User=0", "Group=no-such-group"), None),
                (("SystemCallFilter=socket sendto recvfrom:EPERM",), 1),
                (("PrivateUsers=1",), 111)):
            with self.subTest(properties):
                said = self.service(*properties)
                self.assertEqual((said["writes"], said.get("errno")), (errno is None, errno), said)

    @needs_audit
    def test_a_filter_without_an_error_kills(self):
        for properties in (("SystemCallFilter=read write",), ("SystemCallFilter=~sendto",),
                           ("SystemCallFilter=~sendto:kill", "SystemCallErrorNumber=1")):
            with self.subTest(properties):
                said = self.service(*properties, f"Environment=LD_PRELOAD={PRELOAD}")
                self.assertEqual((said["writes"], "errno" in said, said["verdict"]), (False, False, "lost"))
                self.assertIn("It is killed", said["outcome"])

    def test_a_filter_needs_one_step_for_audit_and_auditfaild(self):
        edit = "systemctl edit cups.service: [Service] SystemCallFilter=@network-io @io-event, to reach"
        for allowed, steps in (("read write", [f"{edit} audit and auditfaild"]),
                               ("socket connect sendto poll ppoll", [f"{edit} audit and auditfaild"]),
                               ("socket sendto recvfrom", [f"{edit} auditfaild"]),
                               ("socket connect sendto recvfrom poll ppoll", [])):
            with self.subTest(allowed):
                said = self.service(f"SystemCallFilter={allowed}", f"Environment=LD_PRELOAD={PRELOAD}")
                self.assertEqual([step for step in said["next"] if "SystemCallFilter" in step], steps)

    def test_a_drop_in_that_waits_for_the_next_start_is_told(self):
        said = self.service(f"Environment=A=b LD_PRELOAD={PRELOAD} AUDITFAIL_APPLICATION=printing",
                            f"MainPID={self.start(AUDIT)}", reached="nothing", application="printing",
                            how=Has("from its next start"))
        self.assertEqual(said["next"][0], "systemctl daemon-reload && systemctl restart cups.service")

    def test_a_service_with_the_drop_in_is_reached(self):
        self.service(f"Environment=LD_PRELOAD={PRELOAD}", reached="preload", how="LD_PRELOAD of its unit")

    def test_a_service_that_is_active_without_a_process_is_not_said_to_be_stopped(self):
        for state, words in (("active", "cups.service, active without a main process, "),
                             ("inactive", "cups.service, not running, ")):
            self.systemd("cups.service", f"ExecStart={AUDIT}", f"ActiveState={state}")
            result = self.ctl("doctor", "cups.service", variables={"DBUS_SYSTEM_BUS_ADDRESS": self.address})
            self.assertIn(words, result.stdout)

    def test_a_service_has_the_policy_of_its_program_by_the_name_that_it_gets(self):
        self.service(f"ExecStart={AUDIT} /usr/sbin/sshd-session -D", application="sshd")

    @needs_root
    def test_pam_asks_for_the_program_behind_a_service_of_its_own(self):
        self.systemd("cups.service", f"ExecStart={AUDIT}", "PAMName=su-l")
        self.doctor("cups.service", etc(self, "pam.d/su-l", "session required pam_auditfail.so"),
                    DBUS_SYSTEM_BUS_ADDRESS=self.address, reached="pam", application="su")

    @needs_audit
    def test_a_service_under_its_own_user_is_stopped_by_its_own_policy_or_without_a_daemon(self):
        preload = f"Environment=LD_PRELOAD={PRELOAD}"
        self.service("User=lp", preload, outcome=Has("It is stopped"))
        self.policy("default", "terminate")
        self.policy("cupsd", "terminate")
        self.daemon()
        self.service("User=lp", preload, outcome=Has("it goes on"))
        self.service("User=lp", f"{preload} AUDITFAIL_APPLICATION=cupsd", outcome=Has("It is stopped"))
        self.service("CapabilityBoundingSet=0", preload, outcome=Has("It is stopped"))

    @needs_root
    @needs_audit
    def test_pam_of_a_unit_does_not_see_what_the_unit_takes_away(self):
        self.systemd("cups.service", f"ExecStart={AUDIT}", "PAMName=su", "CapabilityBoundingSet=0")
        said = self.doctor("cups.service", etc(self, "pam.d/su", "session required pam_auditfail.so"), status=FAILED,
                           DBUS_SYSTEM_BUS_ADDRESS=self.address, outcome=Has("PAM runs in systemd"))
        self.assertEqual(said["next"][0], "mkdir -p /etc/systemd/system/cups.service.d")

    @needs_root
    @needs_audit
    def test_a_service_has_no_more_than_systemd_has(self):
        self.systemd("cups.service", f"ExecStart={AUDIT}")
        for wrapper, errno, cause in (
                (WITHOUT_AUDIT, 111, "the kernel was started with audit=0"),
                (("unshare", "--pid", "--fork", "--mount-proc", *UNABLE), 1, "systemd itself has no CAP_AUDIT_WRITE"),
                ((*APART, "--pid", "--fork", "--mount-proc"), 111, "systemd is not in the initial user namespace")):
            with self.subTest(cause):
                if self.run_program(*wrapper, "true").returncode != 0:
                    self.skipTest("no namespace can be made here")
                self.doctor("cups.service", wrapper, status=FAILED, DBUS_SYSTEM_BUS_ADDRESS=self.address, errno=errno,
                            cause=cause)

    def test_the_main_process_counts_more_than_what_the_unit_says(self):
        pid = self.start(AUDITFAILCTL, "run", AUDIT)
        self.service(f"MainPID={pid}", "ExecStart=/no/such/program", pid=pid, program=AUDIT, reached="preload")

    def test_a_main_process_that_is_still_systemds_own_does_not_count(self):
        shutil.copy(STATIC, self.folder / "systemd")
        child = self.folder / "(cupsd)"
        child.symlink_to("systemd")
        said = self.service(f"MainPID={self.start(child)}")
        self.assertEqual((said["program"], said["application"], "pid" in said), (AUDIT, "subject_audit", False))

    def test_a_service_that_may_not_reach_auditfaild_is_told_what_it_needs(self):
        self.assertIn("RestrictAddressFamilies=AF_UNIX",
                      "\n".join(self.service("RestrictAddressFamilies=AF_NETLINK", "PrivateUsers=1")["next"]))

    @needs_audit
    def test_whether_a_filter_stops_audit_open_or_what_is_sent_is_told(self):
        for properties, opens in ((("RestrictAddressFamilies=AF_UNIX",), False),
                                  (("SystemCallFilter=~socket:EACCES",), False),
                                  (("SystemCallFilter=~sendto:EACCES",), True)):
            with self.subTest(properties):
                self.service(*properties, opens=opens)

    @needs_root
    @needs_audit
    def test_the_drop_in_comes_before_pam_where_a_service_writes_records_itself(self):
        program = pathlib.Path(shutil.copy(BOTH, self.folder / "sshd"))
        program.write_bytes(program.read_bytes() + b"linux_audit_write_entry failed: %s")
        script = self.folder / "starter"
        script.write_text(f"#!/bin/sh\nexec {program}\n")
        script.chmod(0o755)
        self.policy("sshd", "ignore")
        self.daemon()
        reached = etc(self, "pam.d/sshd", "account required pam_auditfail.so")
        for start in program, script:
            for wrapper in (), reached:
                with self.subTest(start=start, reached=bool(wrapper)):
                    self.systemd("cups.service", f"ExecStart={start}", "CapabilityBoundingSet=0")
                    said = self.doctor("cups.service", wrapper, status=FAILED, DBUS_SYSTEM_BUS_ADDRESS=self.address,
                                       outcome=Has("ends sessions with a terminal"))
                    self.assertEqual((said["application"], said["next"][0]),
                                     ("sshd", "mkdir -p /etc/systemd/system/cups.service.d"))
        self.systemd("cups.service", f"ExecStart={script}", "CapabilityBoundingSet=0",
                   f"Environment=LD_PRELOAD={PRELOAD}")
        self.doctor("cups.service", status=0, DBUS_SYSTEM_BUS_ADDRESS=self.address, reached="preload",
                    outcome="Records are lost, as the policy allows. It goes on.")

    def test_a_unit_that_is_not_there_or_no_service_is_told(self):
        self.systemd("cups.service")
        variables = {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        self.assertCtl(FAILED, "doctor", "cupsd.service", complains="systemd knows no cupsd", variables=variables)
        self.assertCtl(USAGE, "doctor", "cups.socket", complains="cups.socket is no service", variables=variables)

    def test_a_property_that_may_not_be_read_is_told(self):
        for name in ("LoadState", "Id", "CapabilityBoundingSet", "DynamicUser", "RestrictAddressFamilies",
                     "SystemCallFilter", "PAMName", "Environment", "ExecStart"):
            with self.subTest(name):
                self.systemd("cups.service", f"ExecStart={AUDIT}", f"Refused={name}")
                self.assertCtl(DENIED, "doctor", "cups.service", complains="cannot ask systemd about cups.service: ",
                               variables={"DBUS_SYSTEM_BUS_ADDRESS": self.address})

    @needs_root
    def test_a_file_that_gives_a_service_more_than_its_user_has_is_not_reached(self):
        self.folder.chmod(0o700)  # no other user gets at the setuid program
        program = pathlib.Path(shutil.copy(AUDIT, self.folder / "privileged"))
        if os.statvfs(program).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder takes no setuid programs")
        for owner, mode, properties, reached in (
                ((0, 0), 0o4755, (), "preload"),
                ((0, 0), 0o4755, ("User=daemon",), "nothing"),
                ((0, 0), 0o4755, (f"User={STRANGER}",), "nothing"),
                ((0, 0), 0o4755, ("DynamicUser=1",), "nothing"),
                ((0, 0), 0o4755, ("User=daemon", "NoNewPrivileges=1"), "preload"),
                ((0, 0), 0o2755, ("User=daemon",), "nothing"),
                ((0, 0), 0o2755, ("User=daemon", "Group=root"), "preload"),
                ((0, 0), 0o2755, ("User=daemon", "Group=0"), "preload"),
                ((0, STRANGER), 0o2755, (), "nothing"),
                ((0, STRANGER), 0o2755, (f"Group={STRANGER}",), "preload"),
                ((STRANGER, STRANGER), 0o4755, (), "nothing"),
                ((STRANGER, STRANGER), 0o4755, ("User=no-such-user",), "nothing")):
            with self.subTest(owner=owner, mode=mode, properties=properties):
                os.chown(program, *owner)
                program.chmod(mode)
                self.systemd("cups.service", f"ExecStart={program}", f"Environment=LD_PRELOAD={PRELOAD}",
                           *properties)
                said = self.doctor("cups.service", DBUS_SYSTEM_BUS_ADDRESS=self.address, reached=reached)
                if reached == "nothing":
                    self.assertIn("LD_PRELOAD is ignored", said["how"])
                    self.assertIn(f"for every program: echo {PRELOAD} >>/etc/ld.so.preload", said["next"])

    def test_without_a_bus_nothing_is_known_of_services(self):
        self.assertCtl(NO_DAEMON, "doctor", "cups.service", complains="does systemd run?",
                       variables={"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.folder}/none"})


class DropIn(unittest.TestCase):
    @needs_systemd_analyze
    def test_systemd_understands_it(self):
        with tempfile.TemporaryDirectory(prefix="auditfail-units-") as name:
            folder = pathlib.Path(name)
            (folder / "cups.service.d").mkdir()
            (folder / "cups.service").write_text("[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/true\n")
            shutil.copy(DROP_IN, folder / "cups.service.d")
            result = subprocess.run(["systemd-analyze", "verify", "--man=no", "./cups.service"], capture_output=True,
                                    text=True, timeout=60, check=False, cwd=folder)
            self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_it_names_the_library_by_its_path(self):
        self.assertRegex(DROP_IN.read_text(), r"(?m)^Environment=LD_PRELOAD=/\S+/libauditfail-preload\.so$")


if __name__ == "__main__":
    main()
