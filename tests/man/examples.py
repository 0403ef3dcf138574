# SPDX-License-Identifier: LGPL-2.1-or-later
"""
The blocks of literal text in README.md and the manual pages. A comment line before each block says what it is:

    transcript: PLACE [SCENE]    see transcripts.py
    commands: PLACE [SCENE]      commands without their output, which all succeed
    text: KIND [SCENE]           no commands: a policy, a file, C code, or a drawing

README.md has the comment as <!-- ... -->, the pages have it as .\\" ... PLACE is machine (the booted machine), source (a
source tree with policies), or elsewhere.
"""
import re

import transcripts
from transcripts import PAGES, PROMPT, SOURCE


class Block:
    """Literal text of a page. LINES are what a reader sees, FIRST is the number of its first line, counted from 1."""

    def __init__(self, page, first, lines, mark):
        self.page, self.first, self.lines = page, first, lines
        self.what, self.place, self.scene = mark or (None, None, None)

    @property
    def name(self):
        return f"{self.page.relative_to(SOURCE)}:{self.first}"

    def commands(self):
        """The commands, each as the pair (prompt, command). Without a prompt, the whole block is one script of root."""
        if self.what == "transcript" or any(PROMPT.match(line) for line in self.lines):
            commands = []
            for line in self.lines:
                if match := PROMPT.match(line):
                    commands.append([match[1], match[2]])
                elif self.what == "commands":
                    commands[-1][1] += "\n" + line
            return [(prompt, without_remark(self.page, command)) for prompt, command in commands]
        return [("# ", "\n".join(without_remark(self.page, line) for line in self.lines))]


def without_remark(page, command):
    """README.md explains some commands to the right of them."""
    return re.sub(r" {3,}\w.*", "", command) if page.suffix == ".md" else command


MARK = r"(transcript|commands|text): (\w+)(?: (\w+))?"


def blocks_of_roff(page):
    section, mark, begin = "", None, None
    lines = page.read_text().split("\n")
    for number, line in enumerate(lines):
        if line.startswith(".SH "):
            section = line
        elif match := re.fullmatch(r'\.\\" ' + MARK, line):
            mark = match.groups()
        elif re.match(r"\.(nf|EX)$", line):
            begin = number + 1
        elif begin and re.match(r"\.(fi|EE)$", line):
            if section != ".SH SYNOPSIS":
                yield Block(page, begin + 1, [transcripts.read_roff(line) for line in lines[begin:number]], mark)
            mark, begin = None, None


def blocks_of_markdown(page):
    mark, block, fence = None, None, False
    for number, line in enumerate([*page.read_text().split("\n"), ""]):
        is_indented = line.startswith("    ") and not fence
        if block and not fence and line and not is_indented:
            while not block.lines[-1]:
                block.lines.pop()
            yield block
            mark, block = None, None
        if match := re.fullmatch("<!-- " + MARK + " -->", line):
            mark = match.groups()
        elif line.startswith("```"):
            if fence:
                yield block
                mark, block = None, None
            else:
                block = Block(page, number + 2, [], mark)
            fence = not fence
        elif fence or block or is_indented:
            block = block or Block(page, number + 1, [], mark)
            block.lines.append(line if fence else line[4:])
    if block:
        yield block


def blocks(page):
    """The blocks of literal text in PAGE, in their order."""
    return list(blocks_of_markdown(page) if page.suffix == ".md" else blocks_of_roff(page))
