# SPDX-License-Identifier: LGPL-2.1-or-later
"""An unpacked source, whose edited files are written together."""
import pathlib
import re
import shutil
import sys

from editing.c_code import CFile
from editing.problem import Problem, only
from editing.text_file import TextFile


class Source:
    """The source in FOLDER."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.read = {}
        self.files = {}
        self.copies = {}

    def path(self, *names):
        """The first of NAMES that the source has. Suites can have a file at different places."""
        for name in names:
            if (self.folder / name).is_file():
                return name
        raise Problem(self.folder, "a file " + " or ".join(names), "not found")

    def has(self, name):
        return (self.folder / name).exists()

    def _open(self, kind, names):
        name = self.path(*names)
        if name not in self.files:
            self.read[name] = (self.folder / name).read_text(encoding="utf-8")
            self.files[name] = kind(name, self.read[name])
        return self.files[name]

    def c(self, *names):
        """The C file that has the first of NAMES that exists."""
        return self._open(CFile, names)

    def text(self, *names):
        """The same for a makefile or another text."""
        return self._open(TextFile, names)

    def _check_new(self, name):
        if self.has(name):
            raise Problem(name, "a new file", "it exists, so the source is edited already")

    def copy(self, original, name):
        """Adds the file ORIGINAL, from outside of the source, as NAME."""
        self._check_new(name)
        self.copies[name] = pathlib.Path(original)

    def write(self, name, content):
        """Adds the file NAME with CONTENT."""
        self._check_new(name)
        self.files[name] = TextFile(name, content)

    def debian_symbols(self, package, library, symbols):
        """Adds SYMBOLS of LIBRARY to debian/PACKAGE.symbols. They are new in the version that is built."""
        file = self.text(f"debian/{package}.symbols")
        present = [symbol for symbol in symbols if re.search(rf"^ {symbol}@", file.text, re.M)]
        if present:
            raise Problem(file.name, "new symbols", f"{', '.join(present)} is there already")
        version = re.match(r"\S+ \(([^)]+)\)", self.text("debian/changelog").text)[1]
        last = re.compile(rf"^{re.escape(library)} .*\n(?:[ *|].*\n)*", re.M)
        place = only(file.name, file.text, f"the symbols of {library}", last.finditer(file.text))
        file.insert(place.end(), "".join(f" {symbol}@Base {version}+auditfail1~\n" for symbol in symbols))

    def save(self):
        """Writes all files, and returns their names."""
        for name, original in self.copies.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(original, self.folder / name)
        changed = {name: file for name, file in self.files.items() if file.text != self.read.get(name)}
        for name, file in changed.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(file.text, encoding="utf-8")
        return sorted([*self.copies, *changed])


def main(edit):
    """Runs EDIT on the source that the command line names."""
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(f"usage: {sys.argv[0]} SOURCE_FOLDER")
    source = Source(sys.argv[1])
    try:
        edit(source)
        names = source.save()
    except (Problem, OSError) as error:
        sys.exit(f"{sys.argv[0]}: {error}. Nothing was edited. If the place has moved, change edit.py")
    print("Edited:", *names, sep="\n  ")
