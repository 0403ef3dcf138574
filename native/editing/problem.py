# SPDX-License-Identifier: LGPL-2.1-or-later
"""The error of all edits, and the search that fails with it."""


class Problem(Exception):
    """A place that is not as expected: FILE, WHAT was looked for there, and what was FOUND."""

    def __init__(self, file, what, found):
        super().__init__(f"{file}: {what}: {found}")


def line_number(text, position):
    return text.count("\n", 0, position) + 1


def only(file, text, what, matches, position=lambda match: match.start()):
    """The only one of MATCHES in TEXT."""
    matches = list(matches)
    if len(matches) == 1:
        return matches[0]
    lines = ", ".join(str(line_number(text, position(match))) for match in matches)
    raise Problem(file, what, f"found {len(matches)} times, in lines {lines}" if matches else "not found")
