#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The manual pages and the Markdown pages are spelled as words.txt and the dictionary of British English say.
The code has no common mistake, in comments and messages.
"""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import main

SOURCE = pathlib.Path(os.environ["SOURCE_ROOT"])
MANUAL = sorted([*(SOURCE / "man").glob("*.[1-8]"), *(SOURCE / "native").glob("*/man/*.section")])
MARKDOWN = [SOURCE / name for name in ("README.md", "HACKING.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS.md",
                                             "client/examples/README.md")]
CODE = [path for name in ("client", "daemon", "debian", "etc", "include", "protocol", "units", "do", ".ci", "meson.build",
                          "meson_options.txt") if (path := SOURCE / name).exists()]
TESTS = SOURCE / "tests"
WORDS = SOURCE / "tests/man/words.txt"

# Not English: roff requests, and the \b of regular expressions. Strings of tests have wrong words on purpose.
NO_WORD = r"\\\(bu|^\.T[SE]$|\\b"
STRING = r""""(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'"""
# Examples of an error, names of programs, of users, of variables and of JSON members, and a part of a word.
DELIBERATE = "buildd,chage,childs,inforce,ingore,rocess"


def prose_of_roff(text):
    """The sentences and headings of a manual page, without its literals."""
    text = re.sub(r"^\.(nf|EX|TS)\n.*?^\.(fi|[ET]E)$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"^\.S[HS] ", "", text, flags=re.MULTILINE)
    text = re.sub(r"^[.'].*", "", text, flags=re.MULTILINE)
    return re.sub(r"\\f[BI].*?\\f[RP]|\\\(..|\\&", " ", text).replace(r"\-", "-")


def prose_of_markdown(text):
    """The sentences and headings of a Markdown page, without code, comments, the targets of links and the benchmark's machine."""
    return re.sub(r"```.*?```|<!--.*?-->|`[^`]*`|^    .*?$|^Machine: .*?$|\]\([^)]*\)", " ", text, flags=re.DOTALL | re.MULTILINE)


def has_dictionary():
    return shutil.which("aspell") and "en_GB-ise" in subprocess.run(["aspell", "dump", "dicts"], capture_output=True, text=True,
                                                                    check=False).stdout.split()


class Spelling(unittest.TestCase):
    def assertNoMistake(self, ignored, *paths):
        result = subprocess.run(["codespell", "--ignore-regex", ignored, "--ignore-words-list", DELIBERATE,
                                 "--skip", "*/corpus,*.pyc", *paths], capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(result.stdout, "", result.stderr)

    @unittest.skipUnless(shutil.which("codespell"), "needs codespell")
    def test_pages_and_code_have_no_common_mistake(self):
        self.assertNoMistake(NO_WORD, *MARKDOWN, *MANUAL, *CODE)
        self.assertNoMistake(f"{NO_WORD}|{STRING}", TESTS)

    @unittest.skipUnless(has_dictionary(), "needs aspell, with the British English of aspell-en")
    def test_pages_have_words_of_the_dictionary(self):
        known = set(WORDS.read_text().split())
        for page in MANUAL + MARKDOWN:
            prose = (prose_of_roff if page in MANUAL else prose_of_markdown)(page.read_text())
            result = subprocess.run(["aspell", "--lang=en_GB-ise", "--encoding=utf-8", "list"], input=prose, capture_output=True,
                                    text=True, timeout=60, check=True)
            unknown = {word.removesuffix("'s") for word in result.stdout.split()} - known
            self.assertEqual(sorted(unknown), [], f"{page.name}: not in the dictionary, nor in tests/man/words.txt")

    def test_the_list_of_words_is_sorted_and_has_no_word_that_no_page_uses(self):
        words = WORDS.read_text().split("\n")[:-1]
        self.assertEqual(words, sorted(set(words)))
        used = set(re.findall("[A-Za-z]+", "\n".join(page.read_text() for page in MANUAL + MARKDOWN)))
        self.assertEqual(sorted(set(words) - used), [])


if __name__ == "__main__":
    main()
