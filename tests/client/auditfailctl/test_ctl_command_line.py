#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line of auditfailctl: options, help, man page, completions, colours."""
import json
import re

from ctl_harness import LOG, NO_DAEMON, USAGE, Ctl
from harness import INTERFACES, main


class CommandLine(Ctl):
    def test_help_tells_all_commands(self):
        text = self.assertCtl(0, "--help").stdout
        for command in ("query", "explain", "list", "check", "reload", "status", "monitor", "history", "guard"):
            self.assertIn(f"\n  {command} ", text)
            self.assertIn(f"auditfailctl {command}", self.assertCtl(0, command, "--help").stdout)
        self.assertCtl(0, "run", "--help", says="auditfailctl run [OPTION...] [--] PROGRAM [ARGUMENT...]\n")
        self.assertCtl(0, "guard", "--help", says="auditfailctl guard [on|off|status] [OPTION...]\n")

    def test_help_is_also_a_word(self):
        self.assertEqual(self.ctl("help").stdout, self.ctl("--help").stdout)
        self.assertEqual(self.assertCtl(0, "help", "query").stdout, self.ctl("query", "--help").stdout)
        self.assertCtl(USAGE, "help", "qeury", complains='did you mean "query"?')

    def test_help_fits_on_a_screen(self):
        text = self.assertCtl(0, "--help").stdout
        self.assertLessEqual(text.count("\n"), 22, "less ends at once on a terminal of 24 lines")
        for command in ["", *re.findall(r"(?m)^  ([a-z]+) ", text)]:
            for line in self.ctl(*command.split(), "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_without_a_command_it_shows_the_state(self):
        self.assertCtl(NO_DAEMON, complains="no daemon behind")
        self.policy("passwd", "log")
        self.daemon()
        self.assertIn("\n       Policy: generation 1, 1 application\n", self.assertCtl(0).stdout)
        self.assertEqual(self.ctl_json()["applications"], 1)
        self.assertCtl(0, "--quiet")
        self.assertCtl(USAGE, "--lines=3", complains='status takes no option "--lines"')

    def test_version_is_told(self):
        self.assertRegex(self.assertCtl(0, "--version").stdout, r"^auditfailctl \d+\.\d+")

    def test_options_stand_before_and_after_the_command(self):
        self.policy("passwd", "log")
        self.daemon()
        for arguments in (("--json", "query", "passwd"), ("query", "--json", "passwd"), ("query", "passwd", "--json"),
                          ("-j", "query", "passwd")):
            self.assertEqual(json.loads(self.ctl(*arguments).stdout)["action"], "log", arguments)
        for arguments in (("--errno=EPERM", "query", "passwd"), ("-e", "EPERM", "query", "passwd"),
                          ("query", "-e", "EPERM", "--", "passwd")):
            self.assertCtl(LOG, *arguments, says="log  passwd, on denied (EPERM)")

    def test_an_option_of_another_command_is_refused(self):
        self.assertCtl(USAGE, "--lines=3", "list", complains='list takes no option "--lines"\nTry: auditfailctl list --help')

    def test_json_has_modes(self):
        self.policy("passwd", "log")
        self.daemon()
        text = self.assertCtl(0, "list").stdout
        short = self.assertCtl(0, "list", "--json").stdout
        pretty = self.assertCtl(0, "list", "--json=pretty").stdout
        self.assertEqual((short.count("\n"), self.ctl("list", "-j").stdout, self.ctl("list", "--json=short").stdout),
                         (1, short, short))
        self.assertEqual(json.loads(pretty), json.loads(short))
        self.assertIn('\n    "application": "passwd",\n', pretty)
        self.assertEqual(self.ctl("list", "-j", "--json=off").stdout, text)
        self.assertEqual(self.on_terminal("list", "-j")[0], pretty)
        self.assertEqual(self.on_terminal("list", "--json")[0], short)
        self.assertCtl(USAGE, "list", "--json=prety", complains="--json is short, pretty, auto or off, not")

    def test_a_word_that_is_nearly_right_is_suggested(self):
        self.assertCtl(USAGE, "qeury", complains='unknown command "qeury"; did you mean "query"?')
        self.assertCtl(USAGE, "query", "--erno=1", complains='did you mean "--errno"?')
        self.assertCtl(USAGE, "query", "--errno=EPRM", complains='did you mean "EPERM"?')

    def test_an_option_may_be_cut_off_unless_that_is_ambiguous(self):
        self.assertCtl(0, "list", "--vers", says="auditfailctl ")
        self.assertCtl(USAGE, "history", "--fo=1", complains='option "--fo=1" takes no argument')
        for option in ("--f", "--f=x"):
            self.assertCtl(USAGE, "history", option, complains=f'option "{option}" is ambiguous: --follow or --file\n')
        self.assertCtl(USAGE, "list", "-s", complains='unknown option "-s"\n')
        self.assertCtl(USAGE, "list", "--=x", complains='unknown option "--=x"\n')

    def test_a_command_line_without_sense_is_refused(self):
        for arguments in (("",), ("no-such-command",), ("query", "a", "b"), ("list", "a"), ("list", "--errno=1"),
                          ("query", "--errno"), ("query", "--errno=0"), ("query", "--errno=4096"),
                          ("query", "--errno=-1"), ("query", "--errno="), ("query", "--kind=bad"), ("query", "a/b"),
                          ("query", ".hidden"), ("query", "x" * 65), ("query", ""),
                          ("query", "--errno=EPERM", "--kind=overload"), ("explain", "--operation=x"), ("explain", "a/b"),
                          ("query", "--operation=" + "x" * 65), ("query", "--record=" + "X" * 33),
                          ("query", "--ahead=1"), ("explain", "--ahead"), ("explain", "--record=X"),
                          ("--timeout=0", "status"), ("--timeout=nan", "status"), ("--timeout=1x", "status"),
                          ("--color=sometimes", "list"), ("--json=1", "list"), ("-x",), ("list", "-x"),
                          ("history", "--application=a/b"), ("history", "--since"), ("history", "--follow=1"),
                          ("check", "--owner=no.such.user"), ("check", "--root=/nowhere"), ("check", "--root=/" + "x" * 5000),
                          ("check", "--root=/", "/etc/auditfail/x.conf"), ("status", "--socket=" + "x" * 108)):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.assertCtl(USAGE, *arguments, complains="auditfailctl: ").stdout, "")


class Descriptions(Ctl):
    """Man page and completions have every command and option."""

    SOURCE = INTERFACES.parent

    def options(self, *command):
        return set(re.findall(r"(--[a-z-]+)", self.ctl(*command, "--help").stdout.partition("\n\n")[2]))

    def commands(self):
        return re.findall(r"(?m)^  ([a-z]+) ", self.ctl("--help").stdout)

    def test_zsh_knows_every_command_and_option(self):
        text = (self.SOURCE / "units/completions/_auditfailctl").read_text()
        failure = text.split("\tfailure=(\n")[1].split("\n\t)\n")[0]
        shared = text.split("\tglobal=(\n")[1].split("\n\t)\n")[0]
        for command in self.commands():
            self.assertEqual(text.count(f"'{command}:"), 1, command)
            _, _, own = text.partition(f"\n\t\t{command})\n")
            own = own.partition("\n\t\t\t;;\n")[0].replace("$failure", failure)
            self.assertEqual(set(re.findall(r"--[a-z-]+", shared + re.sub(r"'\(-.*?\)'", "", own))), self.options(command),
                             command)

    def test_the_manual_has_every_exit_status(self):
        header = (self.SOURCE / "client/auditfailctl/cli/command.h").read_text()
        section = (self.SOURCE / "man/auditfailctl.1").read_text().split(".SH EXIT STATUS\n")[1].split(".SH ")[0]
        self.assertEqual(re.findall(r"(?m)^\.TP(?: 6)?\n\.B (\d+)$", section), re.findall(r"STATUS_\w+ = (\d+)", header))

    def test_the_manual_has_every_command_and_option(self):
        def options_of(lines):
            return set(re.findall(r"--[a-z-]+", lines.replace("\\-", "-")))

        text = (self.SOURCE / "man/auditfailctl.1").read_text()
        shared = self.options()
        self.assertLessEqual(shared, options_of(text.split(".SH OPTIONS\n")[1].split(".SH ")[0]))
        for command in self.commands():
            [synopsis] = re.findall(rf"(?m)^\\fB{command}\\fR.*", text)
            self.assertEqual(options_of(synopsis), self.options(command) - shared, command)


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

    def test_systemd_colors_decides_before_no_color(self):
        self.assertNotIn("\033", self.on_terminal("list", SYSTEMD_COLORS="0")[0])
        self.assertIn("\033", self.on_terminal("list", SYSTEMD_COLORS="auto-16")[0])
        self.assertIn("\033", self.ctl("list", variables={"SYSTEMD_COLORS": "yes", "NO_COLOR": "1"}).stdout)
        self.assertNotIn("\033", self.ctl("list", "--no-color", variables={"SYSTEMD_COLORS": "1"}).stdout)

    def test_colours_come_on_request(self):
        self.assertIn("\033", self.ctl("list", "--color=always", variables={"NO_COLOR": "1"}).stdout)

    def test_json_never_has_colours(self):
        self.assertNotIn("\033", self.ctl("list", "--json", "--color=always").stdout)


if __name__ == "__main__":
    main()
