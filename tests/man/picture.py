#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
picture.py

Draws man/stories.svg, the picture of README.md, from the transcripts there. `./do transcripts` runs their commands in a
booted machine, and draws what they print. The picture has its own background, so that it is readable on a light and on a
dark page.
"""
import html
import re
import xml.etree.ElementTree

import transcripts
from transcripts import SOURCE

PICTURE = SOURCE / "man/stories.svg"
README = SOURCE / "README.md"
# Each story has a title and commands, which are in this order in README.md.
STORIES = [
    ("No account without a record of it: useradd stops before it changes anything", [
        "no_audit=", "$no_audit useradd eve", "ausearch --input-logs -m ADD_USER", "$no_audit auditfailctl run useradd mallory",
        "id mallory"]),
    ("The audit trail names the person who stopped auditd, and why", [
        "sudo auditctl stop", "sudo ausearch --input-logs -m TRUSTED_APP"]),
    ("The doctor says whether a program loses its records, and what to do", ["$no_audit auditfailctl doctor useradd"]),
]
# What a reader must not miss: the class, and the text.
EMPHASIS = [
    ("bad", r"<no matches>|Records are lost, and nothing reports it|EPERM: CAP_AUDIT_WRITE is missing here"),
    ("good", r"stopped, as \S+ says|no such user|Identified as alice|Recorded and on disk|(?<= )auid=(?:1000|alice)|reason=[^=]*(?= exe=)|"
             r"(?<=next     )auditfailctl run useradd"),
]

COLUMNS = 96
COLUMN, LINE = 8.4, 18  # units of the picture; 14 is the size of the font
MARGIN, TITLE, GAP = 16, 34, 14
WIDTH = round(COLUMNS * COLUMN + 2 * MARGIN)
STYLE = """
text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #c9d1d9; white-space: pre }
.title { font: bold 14px system-ui, 'DejaVu Sans', sans-serif; fill: #f0f6fc }
.prompt { fill: #7ee787 } .command { fill: #ffffff; font-weight: bold }
.bad { fill: #ff9b94; font-weight: bold } .good { fill: #a5d6ff; font-weight: bold }
.window { fill: #161b22; stroke: #6e7681 } .bar { stroke: #6e7681 }
"""


def pick(lines, begin):
    """The command among LINES that begins with BEGIN after its prompt, and its output."""
    starts = [n for n, line in enumerate(lines) if transcripts.PROMPT.match(line)] + [len(lines)]
    for first, last in zip(starts, starts[1:]):
        if transcripts.PROMPT.match(lines[first])[2].startswith(begin):
            return lines[first:last]
    raise LookupError(f"README.md has no transcript with the command: {begin}")


def stories(lines):
    """The lines of each story, out of the LINES of all transcripts."""
    return [[line for begin in commands for line in pick(lines, begin)] for _, commands in STORIES]


def parts(line):
    """LINE as pairs (class, text)."""
    if match := transcripts.PROMPT.match(line):
        return [("prompt", match[1]), ("command", match[2])]
    pattern = "|".join(f"(?P<{name}>{text})" for name, text in EMPHASIS)
    found, end = [], 0
    for match in re.finditer(pattern, line):
        found += [("", line[end:match.start()]), (match.lastgroup, match[0])]
        end = match.end()
    return found + [("", line[end:])]


def ends_of_rows(line):
    """Where the rows of LINE end, which is broken after blanks if it has some."""
    begin, ends = 0, []
    while len(line) - begin > COLUMNS:
        blank = line.rfind(" ", begin + 1, begin + COLUMNS)
        begin = blank + 1 if blank > 0 else begin + COLUMNS
        ends.append(begin)
    return ends + [len(line)]


def draw_line(line, top):
    """The SVG of LINE, and the place below it."""
    spans, begin, ends, place = [], 0, ends_of_rows(line), 0
    for name, text in parts(line):
        while text:
            shown, text = text[:ends[0] - place], text[ends[0] - place:]
            kind = f' class="{name}"' if name else ""
            # The length keeps the columns where a font has another width.
            spans.append(f'<tspan x="{MARGIN + (place - begin) * COLUMN:.1f}" y="{top}" textLength="{len(shown) * COLUMN:.1f}"'
                         f"{kind}>{html.escape(shown, quote=False)}</tspan>")
            place += len(shown)
            if place == ends[0] and len(ends) > 1:
                begin, top = ends.pop(0), top + LINE
    return f'<text xml:space="preserve">{"".join(spans)}</text>', top + LINE


def draw(lines):
    """The picture of the LINES of README.md's transcripts."""
    drawn, top = [], 1
    for (title, _), shown in zip(STORIES, stories(lines)):
        texts, bottom = [], top + TITLE + LINE + 4
        for line in shown:
            text, bottom = draw_line(line, bottom)
            texts.append(text)
        height = bottom - top
        drawn += [f'<rect class="window" x="1" y="{top}" width="{WIDTH - 2}" height="{height}" rx="8"/>',
                  f'<path class="bar" d="M1 {top + TITLE}H{WIDTH - 1}"/>',
                  f'<text class="title" x="{MARGIN}" y="{top + 22}">{title}</text>', *texts]
        top += height + GAP
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top - GAP + 1}" width="{WIDTH}" height="{top - GAP + 1}" '
        'role="img" aria-labelledby="title">',
        f'<title id="title">{". ".join(title for title, _ in STORIES)}</title>', f"<style>{STYLE}</style>", *drawn, "</svg>", ""])


def lines_of(picture):
    """The lines of a PICTURE, without its titles."""
    root = xml.etree.ElementTree.fromstring(picture)
    return ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text") if not text.get("class")]


def lines_of_readme():
    return [line for transcript in transcripts.transcripts(README) if transcript.place == "machine" for line in transcript.lines]


if __name__ == "__main__":
    PICTURE.write_text(draw(lines_of_readme()))
