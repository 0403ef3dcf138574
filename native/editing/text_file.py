# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makefiles, version scripts and other texts: edits of lists by their names."""
import re

from editing.problem import Problem, only


class TextFile:
    """A text with NAME. The methods change `text`."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def insert(self, position, addition):
        self.text = self.text[:position] + addition + self.text[position:]

    def replace(self, start, end, replacement):
        self.text = self.text[:start] + replacement + self.text[end:]

    def line(self, pattern):
        """The only line in which the regular expression PATTERN is found, as a match of the whole line."""
        return only(self.name, self.text, f"a line with /{pattern}/", re.finditer(rf"^.*?(?:{pattern}).*$\n?", self.text, re.M))

    def after_line(self, pattern, lines):
        """Inserts LINES after the only line with PATTERN."""
        place = self.line(pattern).end()
        lines = lines.rstrip("\n") + "\n"
        if self.text.startswith(lines, place):
            raise Problem(self.name, f"the line after /{pattern}/", "the new lines are there already")
        self.insert(place, lines)

    def before_line(self, pattern, lines):
        """Inserts LINES before the only line with PATTERN."""
        place = self.line(pattern).start()
        lines = lines.rstrip("\n") + "\n"
        if self.text.endswith(lines, 0, place):
            raise Problem(self.name, f"the line before /{pattern}/", "the new lines are there already")
        self.insert(place, lines)

    def append(self, lines):
        """Adds LINES at the end of the file."""
        lines = lines.rstrip("\n") + "\n"
        if lines in self.text:
            raise Problem(self.name, "the end of the file", "the new lines are there already")
        self.text = self.text.rstrip("\n") + "\n" + lines

    def make(self, variable, nth=None):
        """The list VARIABLE of a makefile. If it has several assignments, NTH (from 1) chooses one."""
        found = list(re.finditer(rf"^[ \t]*{re.escape(variable)}[ \t]*[:+?]?=(?P<value>(?:.*\\\n)*.*)$", self.text, re.M))
        found = found[nth - 1:nth] if nth else found
        return List(self, variable, only(self.name, self.text, f"the variable {variable}", found))

    def meson(self, variable, nth=None):
        """The list VARIABLE of a meson.build: [...] or files(...). NTH as in make()."""
        found = list(re.finditer(rf"^[ \t]*{re.escape(variable)}[ \t]*\+?=\s*(?:files\s*\(|\[)(?P<value>[^\])]*)",
                                 self.text, re.M))
        found = found[nth - 1:nth] if nth else found
        return MesonList(self, variable, only(self.name, self.text, f"the list {variable}", found))

    def version_script(self, node, symbols):
        """Exports SYMBOLS in NODE of a version script."""
        found = re.finditer(rf"^[ \t]*{re.escape(node)}[ \t\n]*\{{(?P<value>[^}}]*)\}}", self.text, re.M)
        node = only(self.name, self.text, f"the version {node}", found)
        present = set(re.findall(r"\w+", node["value"])) & set(symbols)
        if present:
            raise Problem(self.name, "new symbols", f"{', '.join(sorted(present))} exist already")
        place = node.start("value")
        label = re.search(r"^[ \t]*global:[ \t]*\n?", node["value"], re.M)
        before = "" if label else "\n  global:\n"
        self.insert(place + (label.end() if label else 0), before + "".join(f"    {symbol};\n" for symbol in symbols))


class List:
    """A variable of a makefile. MATCH has its group `value`."""

    def __init__(self, file, name, match):
        self.file, self.name, self.match = file, name, match

    def words(self):
        return re.split(r"[\s\\]+", self.match["value"].strip())

    def add(self, *words):
        """Adds WORDS at the end."""
        self.check_new(words)
        value = self.match["value"].rstrip()
        self.file.replace(self.match.start("value"), self.match.end("value"), " ".join([value, *words]))

    def check_new(self, words):
        present = sorted(set(words) & set(self.words()))
        if present:
            raise Problem(self.file.name, f"new words in {self.name}", f"{' '.join(present)} is there already")


class MesonList(List):
    """A list of strings in a meson.build."""

    def words(self):
        return re.findall(r"'([^']*)'", self.match["value"])

    def add(self, *words):
        """Adds WORDS at the beginning: the end may or may not have a comma."""
        self.check_new(words)
        self.file.insert(self.match.start("value"), "".join(f"'{word}', " for word in words))
