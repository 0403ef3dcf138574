#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""native/editing edits sources by symbol, and changes nothing if a place has moved or more than one fits."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import main

NATIVE = pathlib.Path(os.environ["SOURCE_ROOT"], "native")
sys.dont_write_bytecode = True
sys.path.insert(0, str(NATIVE))
from editing import Problem, Source  # noqa: E402

HELPER = """\
#include <stdio.h>
#include <libx.h>

/* open_it() is not defined in a comment: open_it() { */
#define OPEN_IT open_it() {
static int open_it(void);

/* Opens it. */
static int
open_it (void)
{
\tint fd = x_open ();
\tif (fd < 0) {
\t\tputs ("x_open (");
\t\treturn -1;
\t}
\treturn fd;
}

int write_it (int fd, int kind)
{
\tswitch (kind) {
\tcase 1:
\t\tx_write (fd,
\t\t         1);
\t\tbreak;
\t}
\tif (kind == 2)
\t\tx_send (fd);
\telse
\t\tx_drop (fd);
\tfor (int i = 0; x_poll (i); i++)
\t\tfd++;
\tx_close (fd); x_close (fd);
\treturn open_it ();
}
"""


class Edits(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def source(self, **files):
        for name, text in files.items():
            name = name.replace("__", "/").replace("_", ".")
            (self.root / name).parent.mkdir(exist_ok=True)
            (self.root / name).write_text(text)
        return Source(self.root)

    def refused(self, *words):
        """A context in which an edit must fail with a message that has WORDS."""
        return self.assertRaisesRegex(Problem, ".*".join(words))


class CFiles(Edits):
    def setUp(self):
        super().setUp()
        self.file = self.source(a_c=HELPER).c("a.c")

    def assertAround(self, before, new, after):
        """NEW is between BEFORE and AFTER now, and nothing else has changed."""
        self.assertIn(before + new + after, self.file.text)
        self.assertEqual(self.file.text.replace(before + new + after, before + after, 1), HELPER)

    def test_an_include_line_comes_after_another(self):
        self.file.include("<new.h>", after="<libx.h>")
        self.assertAround("#include <libx.h>\n", "#include <new.h>\n", "\n/*")

    def test_an_include_line_comes_once(self):
        self.file.include("<new.h>", after="<libx.h>")
        with self.refused("a.c", "there already"):
            self.file.include("<new.h>", after="<libx.h>")

    def test_lines_after_a_call(self):
        self.file.function("open_it").call("x_open").after("if (fd < 0)\n\task ();")
        self.assertAround("x_open ();\n", "\tif (fd < 0)\n\t\task ();\n", "\tif (fd < 0) {")

    def test_lines_before_a_call_of_several_lines(self):
        self.file.function("write_it").call("x_write").before("ask ();")
        self.assertAround("case 1:\n", "\t\task ();\n", "\t\tx_write (fd,\n\t\t         1);")

    def test_lines_after_a_call_of_several_lines(self):
        self.file.function("write_it").call("x_write").after("ask ();")
        self.assertAround("\t\t         1);\n", "\t\task ();\n", "\t\tbreak;")

    def test_a_branch_gets_brackets(self):
        self.file.function("write_it").call("x_send").before("ask ();")
        self.assertIn("\tif (kind == 2) {\n\t\task ();\n\t\tx_send (fd);\n\t}\n\telse\n", self.file.text)

    def test_an_else_gets_brackets(self):
        self.file.function("write_it").call("x_drop").after("ask ();")
        self.assertIn("\telse {\n\t\tx_drop (fd);\n\t\task ();\n\t}\n\tfor", self.file.text)

    def test_the_head_of_a_loop_has_no_place_before_it(self):
        with self.refused("a.c", "x_poll", "head of a loop"):
            self.file.function("write_it").call("x_poll").before("ask ();")

    def test_a_statement_is_replaced(self):
        self.file.function("write_it").call("x_send").replace("ask ();")
        self.assertIn("\tif (kind == 2) {\n\t\task ();\n\t}\n\telse\n", self.file.text)

    def test_a_call_becomes_the_argument_of_another(self):
        self.file.function("write_it").call("x_write").wrap("ask (", ", 2)")
        self.assertEqual(self.file.text, HELPER.replace("x_write (fd,\n\t\t         1);",
                                                        "ask (x_write (fd,\n\t\t         1), 2);"))
        with self.refused("x_open", "has more than the call"):
            self.file.function("open_it").call("x_open").wrap("ask (", ")")

    def test_an_assignment(self):
        self.file.function("open_it").assignment("fd").after("ask ();")
        self.assertAround("x_open ();\n", "\task ();\n", "\tif (fd < 0) {")

    def test_a_test_is_changed(self):
        self.file.function("open_it").test("fd").replace_condition("fd < 1")
        self.assertEqual(self.file.text, HELPER.replace("(fd < 0)", "(fd < 1)"))

    def test_a_test_gets_another_condition(self):
        self.file.function("open_it").test("fd").only_if("ask ()")
        self.assertEqual(self.file.text, HELPER.replace("(fd < 0)", "(ask () && (fd < 0))"))

    def test_lines_before_a_test_and_in_its_block(self):
        self.file.function("open_it").test("fd").before("ask ();")
        self.assertAround("x_open ();\n", "\task ();\n", "\tif (fd")
        self.file.text = HELPER
        self.file.function("open_it").test("fd").first("ask ();")
        self.assertAround("if (fd < 0) {\n", "\t\task ();\n", "\t\tputs")

    def test_a_test_and_its_block_are_replaced(self):
        self.file.function("open_it").test("fd").replace("if (fd < 0)\n\treturn ask ();")
        self.assertIn("x_open ();\n\tif (fd < 0)\n\t\treturn ask ();\n\treturn fd;\n}\n", self.file.text)
        self.assertNotIn("puts", self.file.text)

    def test_a_block_with_an_else_is_not_replaced(self):
        file = self.source(b_c="int f(void)\n{\n\tif (a) {\n\t\tx();\n\t} else if (b) {\n\t}\n}\n").c("b.c")
        for word in "ab":
            with self.refused("b.c", f"the test of {word}", "an else"):
                file.function("f").test(word).replace("ask();")
        with self.refused("a.c", "the test of kind", "no block"):
            self.file.function("write_it").test("kind").replace("ask();")

    def test_the_beginning_and_the_end_of_a_function(self):
        self.file.function("open_it").first("ask ();")
        self.assertAround("{\n", "\task ();\n", "\tint fd")
        self.file.text = HELPER
        self.file.function("open_it").last("ask ();")
        self.assertAround("\treturn fd;\n", "\task ();\n", "}\n")

    def test_another_body(self):
        self.file.function("open_it").replace_body("return ask ();")
        self.assertIn("open_it (void)\n{\n\treturn ask ();\n}\n\nint write_it", self.file.text)

    def test_a_function_before_another_and_its_comment(self):
        self.file.before_function("open_it", "int ask (void)\n{\n}")
        self.assertAround("open_it(void);\n\n", "int ask (void)\n{\n}\n\n", "/* Opens it. */")

    def test_a_declaration_after_another(self):
        self.file.after_declaration("open_it", "int ask (void);")
        self.assertAround("open_it(void);\n", "int ask (void);\n", "\n/*")

    def test_calls_get_another_name(self):
        self.file.function("write_it").rename_calls("x_close", "ask", count=2)
        self.assertEqual(self.file.text, HELPER.replace("x_close", "ask"))
        with self.refused("3 calls of x_drop", "there are 1"):
            self.file.function("write_it").rename_calls("x_drop", "ask", count=3)

    def test_a_function_that_is_not_there(self):
        with self.refused("a.c", "shut_it", "not found"):
            self.file.function("shut_it")

    def test_a_function_that_is_there_twice(self):
        file = self.source(b_c="int f(void)\n{\n}\n\nint f(void)\n{\n}\n").c("b.c")
        with self.refused("b.c", r"f\(\)", "2 times, in lines 1, 5"):
            file.function("f")

    def test_a_call_that_is_not_in_the_function(self):
        with self.refused("a.c", r"x_open\(\) in write_it\(\)", "not found"):
            self.file.function("write_it").call("x_open")

    def test_a_call_that_is_there_twice_needs_a_number(self):
        with self.refused("a.c", "x_close", "2 times, in lines 34, 34"):
            self.file.function("write_it").call("x_close")
        self.file.function("write_it").call("x_close", nth=2)

    def test_a_test_that_is_not_there(self):
        with self.refused("a.c", "an if with kinds in write_it", "not found"):
            self.file.function("write_it").test("kinds")

    def test_spaces_indent_where_the_file_has_spaces(self):
        file = self.source(b_c="int f(void) {\n  /* no */\n  x();\n}\n").c("b.c")
        file.function("f").call("x").after("if (y)\n\task();")
        self.assertEqual(file.text, "int f(void) {\n  /* no */\n  x();\n  if (y)\n    ask();\n}\n")

    def test_branches_of_the_preprocessor_may_have_unequal_brackets(self):
        file = self.source(b_c="int f(void)\n{\n#ifdef A\n  if (a) {\n#else\n  if (b) {\n#endif\n    x();\n  }\n}\n").c("b.c")
        file.function("f").call("x").after("ask();")
        self.assertIn("    x();\n    ask();\n  }\n}\n", file.text)

    def test_an_edited_file_is_refused(self):
        with self.refused("b.c", "line 3 has auditfail_ask"):
            self.source(b_c="int f(void)\n{\n  auditfail_ask (0, 0);\n}\n").c("b.c")


class Lists(Edits):
    def test_a_variable_of_a_makefile(self):
        file = self.source(Makefile_am="A = 1\nA_LIBS = -lx \\\n\t-ly\nB = 2\n").text("Makefile.am")
        file.make("A_LIBS").add("-lz")
        self.assertEqual(file.text, "A = 1\nA_LIBS = -lx \\\n\t-ly -lz\nB = 2\n")
        with self.refused("Makefile.am", "A_LIBS", "-lz is there already"):
            file.make("A_LIBS").add("-lz")

    def test_a_variable_that_is_not_there_or_twice(self):
        file = self.source(Makefile_am="A = 1\nA += 2\n").text("Makefile.am")
        with self.refused("Makefile.am", "A_LIBS", "not found"):
            file.make("A_LIBS")
        with self.refused("the variable A", "2 times, in lines 1, 2"):
            file.make("A")
        file.make("A", nth=2).add("3")
        self.assertEqual(file.text, "A = 1\nA += 2 3\n")

    def test_a_list_of_meson(self):
        file = self.source(meson_build="a = files(\n  'a.c',\n)\nb = [x, y]\n").text("meson.build")
        file.meson("a").add("b.c")
        file.meson("b").add("z")
        self.assertEqual(file.text, "a = files('b.c', \n  'a.c',\n)\nb = ['z', x, y]\n")

    def test_a_version_script(self):
        file = self.source(a_map="X_1 {\n  global:\n    a;\n};\nX_2 {\n    b;\n} X_1;\n").text("a.map")
        file.version_script("X_1", ["ask"])
        file.version_script("X_2", ["ask2"])
        self.assertEqual(file.text, "X_1 {\n  global:\n    ask;\n    a;\n};\nX_2 {\n  global:\n    ask2;\n\n    b;\n} X_1;\n")
        with self.refused("a.map", "ask exist already"):
            file.version_script("X_1", ["ask"])

    def test_lines_beside_a_line(self):
        file = self.source(a_txt="one\ntwo\n").text("a.txt")
        file.after_line("^one$", "between")
        file.before_line("^one$", "before")
        self.assertEqual(file.text, "before\none\nbetween\ntwo\n")
        with self.refused("a.txt", "there already"):
            file.after_line("^one$", "between")
        with self.refused("a.txt", "three", "not found"):
            file.after_line("three", "between")

    def test_the_symbols_of_a_package(self):
        source = self.source(debian__changelog="x (1:2-3) trixie; urgency=low\n",
                             debian__x1_symbols="libx.so.1 x1 #MINVER#\n x@Base 1\n")
        source.debian_symbols("x1", "libx.so.1", ["ask"])
        self.assertEqual(source.text("debian/x1.symbols").text,
                         "libx.so.1 x1 #MINVER#\n x@Base 1\n ask@Base 1:2-3+auditfail1~\n")
        with self.refused("x1.symbols", "x is there already"):
            source.debian_symbols("x1", "libx.so.1", ["x"])


class Sources(Edits):
    SCRIPT = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from editing import main

def edit(source):
    source.c("a.c").function("f").call("x").after("auditfail_ask();")
    source.text("Makefile", "GNUmakefile").make("A").add("b")

main(edit)
"""

    def run_edit(self):
        return subprocess.run([sys.executable, "-c", self.SCRIPT, NATIVE, self.root], capture_output=True, text=True,
                              timeout=60)

    def test_all_files_are_written_together(self):
        self.source(a_c="int f(void)\n{\n\tx();\n}\n", GNUmakefile="A = a\n", other="left alone")
        run = self.run_edit()
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "Edited:\n  GNUmakefile\n  a.c\n", ""))
        self.assertEqual((self.root / "a.c").read_text(), "int f(void)\n{\n\tx();\n\tauditfail_ask();\n}\n")
        self.assertEqual((self.root / "GNUmakefile").read_text(), "A = a b\n")

    def test_nothing_is_written_if_the_last_place_has_moved(self):
        self.source(a_c="int f(void)\n{\n\tx();\n}\n", GNUmakefile="B = a\n")
        run = self.run_edit()
        self.assertEqual(run.returncode, 1)
        self.assertIn("GNUmakefile: the variable A: not found. Nothing was edited.", run.stderr)
        self.assertNotIn("auditfail_ask", (self.root / "a.c").read_text())

    def test_a_second_run_is_refused(self):
        self.source(a_c="int f(void)\n{\n\tx();\n}\n", GNUmakefile="A = a\n")
        self.run_edit()
        run = self.run_edit()
        self.assertEqual(run.returncode, 1)
        self.assertIn("a.c: a source that is not edited yet: line 4 has auditfail_ask() already", run.stderr)
        self.assertEqual((self.root / "a.c").read_text().count("auditfail_ask"), 1)

    def test_a_file_that_is_not_there(self):
        with self.refused("a file b.c or c.c: not found"):
            self.source(a_c="").c("b.c", "c.c")

    def test_a_copied_file(self):
        source = self.source(a_c="old", b_c="new")
        source.copy(self.root / "b.c", "deep/er/c.c")
        source.save()
        self.assertEqual((self.root / "deep/er/c.c").read_text(), "new")
        with self.refused("a.c", "it exists"):
            source.copy(self.root / "b.c", "a.c")


if __name__ == "__main__":
    main()
