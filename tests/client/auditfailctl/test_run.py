#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""auditfailctl run: what the program gets, how it ends, and which programs it is not for."""
import os
import pathlib
import shutil
import unittest

from harness import AUDITFAILCTL, SANITIZED, STRANGER, main, needs_root, without_blanks
from ctl_harness import Ctl

PRELOAD = without_blanks(os.environ["PRELOAD_STAND_IN"])
OTHER_USER = 65532  # owns nothing
STATIC = without_blanks(os.environ["SUBJECT_STATIC"])
ASKING = pathlib.Path(os.environ["NATIVE_SUBJECTS"]) / "native_asking"
FAILED, CANNOT, NOT_FOUND = 125, 126, 127

not_sanitized = unittest.skipIf(SANITIZED, "a sanitizer wants its library to be the first one in auditfailctl")


class Run(Ctl):
    def environment(self, **variables):
        kept = super().environment(**variables)
        for name in ("LD_PRELOAD", "AUDITFAIL_APPLICATION", "AUDITFAIL_EXIT_STATUS"):
            if name not in variables:
                kept.pop(name, None)
        return {"AUDITFAIL_PRELOAD": PRELOAD, **kept}

    def script(self, text):
        path = self.folder / "script"
        path.write_text(text)
        path.chmod(0o755)
        return path

    def told(self, *arguments, **variables):
        """What the program that is started with ARGUMENTS has in its environment."""
        result = self.assertCtl(0, "run", *arguments, "env", variables=variables)
        return dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)


class Environment(Run):
    def test_the_library_stands_in_ld_preload(self):
        self.assertEqual(self.told()["LD_PRELOAD"], PRELOAD)

    @not_sanitized
    def test_what_is_preloaded_already_stays_behind_it(self):
        other = self.folder / "other.so"
        shutil.copy(PRELOAD, other)
        self.assertEqual(self.told(LD_PRELOAD=str(other))["LD_PRELOAD"], f"{PRELOAD}:{other}")

    @not_sanitized
    def test_it_is_preloaded_once_however_often_it_is_asked_for(self):
        self.assertEqual(self.told(LD_PRELOAD=PRELOAD)["LD_PRELOAD"], PRELOAD)
        nested = self.assertCtl(0, "run", AUDITFAILCTL, "run", "env").stdout
        self.assertIn(f"\nLD_PRELOAD={PRELOAD}\n", f"\n{nested}")

    @not_sanitized
    def test_an_entry_of_its_name_that_leads_elsewhere_does_not_stand_for_it(self):
        for entry in (f"{self.folder}/libauditfail-preload.so", "libauditfail-preload.so", f"{PRELOAD}.old"):
            # The dynamic loader complains of what it does not find, already when auditfailctl itself is started.
            result = self.ctl("run", "cat", "/proc/self/environ", "/proc/self/maps", variables={"LD_PRELOAD": entry})
            self.assertIn(f"\0LD_PRELOAD={PRELOAD}:{entry}\0", f"\0{result.stdout}")
            self.assertRegex(result.stdout, f"(?m)^[0-9a-f]+-.* {PRELOAD}$")

    def test_the_dynamic_loader_has_loaded_it(self):
        self.assertIn(PRELOAD, self.assertCtl(0, "run", "cat", "/proc/self/maps").stdout)

    def test_application_and_exit_status_are_handed_on(self):
        told = self.told("--as", "backup", "--exit-status=5")
        self.assertEqual((told["AUDITFAIL_APPLICATION"], told["AUDITFAIL_EXIT_STATUS"]), ("backup", "5"))
        self.assertEqual(self.told("--as=/etc/auditfail/passwd.conf")["AUDITFAIL_APPLICATION"], "passwd")

    def test_without_options_nothing_is_said_of_them(self):
        told = self.told()
        self.assertNotIn("AUDITFAIL_APPLICATION", told)
        self.assertNotIn("AUDITFAIL_EXIT_STATUS", told)
        self.assertEqual(self.told(AUDITFAIL_APPLICATION="cron")["AUDITFAIL_APPLICATION"], "cron")

    def test_a_script_is_reached_through_its_interpreter(self):
        self.assertIn(PRELOAD, self.assertCtl(0, "run", self.script("#!/bin/sh\ncat /proc/$$/maps\n")).stdout)


class Program(Run):
    def test_options_behind_the_program_are_its_own(self):
        self.assertCtl(0, "run", "echo", "--as", "-x", "--help", says="--as -x --help\n")
        self.assertCtl(0, "run", "--as=x", "--", "echo", "--", "-n", says="-- -n\n")

    def test_its_exit_status_is_that_of_the_program(self):
        for status in (0, 1, 77, 255):
            self.assertCtl(status, "run", "sh", "-c", f"exit {status}")

    def test_what_is_not_there_is_127(self):
        self.assertCtl(NOT_FOUND, "run", "no-such-program", complains="cannot run no-such-program: No such file")
        self.assertCtl(NOT_FOUND, "run", self.folder / "none", complains="No such file")

    def test_what_cannot_be_run_is_126(self):
        self.assertCtl(CANNOT, "run", self.folder, complains="Permission denied")
        plain = self.folder / "plain"
        plain.write_text("no program")
        self.assertCtl(CANNOT, "run", plain, complains="Permission denied")
        self.assertCtl(NOT_FOUND, "run", self.script("#!/no/such/interpreter\n"), complains="No such file")

    def test_a_command_line_without_sense_is_125(self):
        for arguments, words in ((["run"], "run needs a program"), (["run", "--ass", "x", "true"], 'did you mean "--as"?'),
                                 (["run", "--as", ".x", "true"], "no application"),
                                 (["run", "--exit-status", "0", "true"], "from 1 to 255"),
                                 (["run", "--exit-status", "256", "true"], "from 1 to 255"),
                                 (["run", "--exit-status", "7x", "true"], "from 1 to 255"),
                                 (["run", "--as"], "takes an argument")):
            result = self.assertCtl(FAILED, *arguments, complains=words)
            self.assertEqual(result.stdout, "")


class Unreached(Run):
    def test_without_the_library_nothing_is_run(self):
        for path, words in ((self.folder / "none.so", "No such file or directory; is the package auditfail-preload installed?"),
                            (self.script("#!/bin/sh\n"), "Exec format")):
            self.assertCtl(FAILED, "run", "echo", "x", variables={"AUDITFAIL_PRELOAD": str(path)},
                           complains=f"cannot preload {path}: {words}")

    def test_a_library_that_ld_preload_cannot_name_is_refused(self):
        path = self.folder / "a b.so"
        shutil.copy(PRELOAD, path)
        self.assertCtl(FAILED, "run", "true", variables={"AUDITFAIL_PRELOAD": str(path)}, complains="a blank or colon")

    def test_a_statically_linked_program_is_warned_of(self):
        self.assertCtl(42, "run", STATIC, input="", says="runs\n", complains="is statically linked")

    def test_a_script_for_a_statically_linked_program_is_warned_of(self):
        self.assertCtl(42, "run", self.script(f"#!{STATIC}\n"), input="", says="runs\n",
                       complains=f"{STATIC} is statically linked")

    def test_a_program_that_asks_by_itself_is_warned_of_where_options_would_not_reach_it(self):
        self.assertCtl(42, "run", ASKING, input="", says="runs\n")
        for option in "--as=backup", "--exit-status=9":
            self.assertCtl(42, "run", option, ASKING, input="", says="runs\n",
                           complains=f"warning: {ASKING} asks for its policy by itself: --as and --exit-status reach")

    def env(self, mode, user=OTHER_USER, group=OTHER_USER):
        """A copy of env(1) with this MODE and these owners."""
        path = pathlib.Path(shutil.copy(shutil.which("env"), self.folder / "env"))
        if os.statvfs(path).f_flag & os.ST_NOSUID:
            self.skipTest("the temporary folder takes no setuid programs")
        os.chown(path, user, group)
        path.chmod(mode)
        return path

    def run_in(self, *wrapper):
        """What a setgid env(1) prints that is run inside of WRAPPER."""
        if self.run_program(*wrapper, "true").returncode != 0:
            self.skipTest(f"{wrapper[0]} cannot do that here")
        return self.run_program(*wrapper, AUDITFAILCTL, "run", self.env(0o2755, 0), env=self.environment()).stdout

    @needs_root
    def test_a_program_with_more_rights_than_its_caller_is_not_run(self):
        for mode in (0o4755, 0o6755):
            result = self.assertCtl(CANNOT, "run", self.env(mode), complains="has more rights than you")
            self.assertEqual(result.stdout, "")
        # The rights of a file count only where the caller does not have them.
        self.folder.chmod(0o700)  # no other user gets at the setuid program
        self.assertCtl(0, "run", self.env(0o4755, 0, 0), says=f"LD_PRELOAD={PRELOAD}\n")

    @needs_root
    def test_the_rights_of_a_program_count_that_may_be_executed_and_not_read(self):
        self.needs_stranger()
        common = {"user": STRANGER, "group": STRANGER, "extra_groups": []}
        result = self.assertCtl(CANNOT, "run", self.env(0o4111), complains="has more rights than you", **common)
        self.assertEqual(result.stdout, "")
        self.assertCtl(0, "run", self.env(0o111), says="PATH=", complains="whether the policy reaches it is not known",
                       **common)

    @needs_root
    def test_root_joins_the_group_of_a_setgid_program_so_that_the_loader_heeds_the_library(self):
        # In what has more rights than its caller, the loader takes LD_PRELOAD out of the environment.
        self.assertCtl(0, "run", self.env(0o2755, 0), says=f"LD_PRELOAD={PRELOAD}\n")

    @needs_root
    def test_a_setgid_program_is_run_where_the_kernel_does_not_give_it_the_group(self):
        for wrapper in ("unshare", "--user", "--map-root-user"), ("setpriv", "--no-new-privs"):
            with self.subTest(wrapper):
                self.assertIn(f"LD_PRELOAD={PRELOAD}\n", self.run_in(*wrapper))


if __name__ == "__main__":
    main()
