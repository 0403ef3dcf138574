# SPDX-License-Identifier: LGPL-2.1-or-later
"""C files: edits of functions, calls and tests by their names."""
import re
import textwrap

from editing.problem import Problem, line_number, only
from editing.text_file import TextFile

# Comments, strings, characters and lines of the preprocessor: what looks like code there is none.
NO_CODE = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*""",
                     re.DOTALL | re.MULTILINE)
LABEL = re.compile(r"\s*(?:case\b[^:?]*|default\s*|[A-Za-z_]\w*\s*):(?!:)")
OWN_CALLS = ("audit_failure_action", "auditfail_ask", "auditfail_check")


def code_of(text):
    """TEXT of the same length, with blanks instead of what is no code."""
    return NO_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def closing(code, start):
    """The position of the bracket that closes the one at START, or -1."""
    opening = code[start]
    depth = 0
    for bracket in re.compile(r"[()]" if opening == "(" else r"[{}]").finditer(code, start):
        depth += 1 if bracket.group() == opening else -1
        if depth == 0:
            return bracket.start()
    return -1


class CFile(TextFile):
    """A C file that does not call auditfail yet."""

    def __init__(self, name, text):
        super().__init__(name, text)
        for call in OWN_CALLS:
            found = re.search(rf"\b{call}\s*\(", code_of(text))
            if found:
                raise Problem(name, "a source that is not edited yet",
                              f"line {line_number(text, found.start())} has {call}() already")

    def include(self, header, after):
        """Adds `#include HEADER` after the line that includes AFTER. Both are with quotes or angle brackets."""
        self.after_line(rf"^[ \t]*#[ \t]*include[ \t]*{re.escape(after)}", f"#include {header}")

    def function(self, name):
        """The definition of the function NAME."""
        return Function(self, name)

    def defines(self, name):
        """Whether the file has the function NAME, for functions that only some versions have."""
        try:
            return bool(Function(self, name))
        except Problem:
            return False

    def before_function(self, name, lines):
        """Inserts LINES before the definition of NAME and the comment above it."""
        self.insert(Function(self, name).first_line(), textwrap.dedent(lines).strip("\n") + "\n\n")

    def after_declaration(self, name, lines):
        """Inserts LINES after the declaration of the function NAME, which begins at the left margin."""
        code = code_of(self.text)
        declaration = only(self.name, self.text, f"a declaration of {name}()",
                           re.finditer(rf"^[A-Za-z_][^;{{}}()]*\b{name}\s*\([^;{{}}]*;[^\n]*\n", code, re.M))
        self.insert(declaration.end(), textwrap.dedent(lines).strip("\n") + "\n")

    def unit(self):
        """What one level of indentation is here."""
        if re.search(r"^\t", self.text, re.M):
            return "\t"
        widths = [len(width) for width in re.findall(r"^( +)(?=[^ *\n])", self.text, re.M)]
        return " " * min(widths, default=8)

    def indented(self, lines, indent):
        """LINES, whose own indentation is tabs, at INDENT."""
        result = []
        for line in textwrap.dedent(lines).strip("\n").split("\n"):
            bare = line.lstrip("\t")
            depth = len(line) - len(bare)
            result.append(bare if bare.startswith("#") or not bare else indent + self.unit() * depth + bare)
        return "\n".join(result) + "\n"


class Function:
    """The definition of NAME in FILE. Its positions are looked up anew for each edit."""

    def __init__(self, file, name):
        self.file, self.name = file, name
        self.body()

    def what(self, detail=""):
        return f"the definition of {self.name}(){detail}"

    def _head(self):
        code = code_of(self.file.text)

        def opening(match):
            end = closing(code, match.end() - 1)
            return end >= 0 and re.compile(r"\s*(?:__attribute__\s*\(\(.*?\)\)\s*)?\{").match(code, end + 1)

        found = [(match, opening(match)) for match in re.finditer(rf"\b{self.name}\s*\(", code)]
        head = only(self.file.name, code, self.what(), [pair for pair in found if pair[1]], lambda pair: pair[0].start())
        return code, head[0].start(), head[1].end()

    def body(self):
        """The code of the file, and the positions after the function's first bracket and of its last one."""
        code, _, start = self._head()
        end = re.compile(r"^\}", re.M).search(code, start)
        if not end:
            raise Problem(self.file.name, self.what(), "no } at the left margin ends it")
        inside = code[start:end.start()]
        branches = re.search(r"^[ \t]*#[ \t]*(?:else|elif)", self.file.text[start:end.start()], re.M)
        if inside.count("{") != inside.count("}") and not branches:
            raise Problem(self.file.name, self.what(), "its brackets do not match")
        return code, start, end.start()

    def first_line(self):
        """The position of the line where the definition begins, or the comment right above it."""
        code, name, _ = self._head()
        before = max(code.rfind(";", 0, name), code.rfind("}", 0, name)) + 1
        start = before + len(code[before:]) - len(code[before:].lstrip())
        start = code.rfind("\n", 0, start) + 1
        while start:
            above = self.file.text.rfind("\n", 0, start - 1) + 1
            line = self.file.text[above:start].strip()
            if not line or line.startswith("#") or code[above:start].strip():
                break
            start = above
        return start

    def first(self, lines):
        """Inserts LINES at the beginning of the body."""
        _, start, _ = self.body()
        self._insert_line(self.file.text.find("\n", start) + 1, lines)

    def last(self, lines):
        """Inserts LINES at the end of the body."""
        _, _, end = self.body()
        self._insert_line(end, lines)

    def _insert_line(self, position, lines):
        self.file.insert(position, self.file.indented(lines, self.file.unit()))

    def replace_body(self, lines):
        """Replaces all that the function does."""
        _, start, end = self.body()
        self.file.replace(start, end, "\n" + self.file.indented(lines, self.file.unit()))

    def statements(self):
        """Each statement, or what stands before a bracket, as (start, end, last character)."""
        code, start, end = self.body()
        depth = 0
        begin = start
        for mark in re.compile(r"[(){};]").finditer(code, start, end):
            if mark.group() in "()":
                depth += 1 if mark.group() == "(" else -1
            elif depth <= 0:
                depth = 0
                yield begin, mark.end(), mark.group()
                begin = mark.end()

    def _only_word(self, what, pattern, nth):
        code, start, end = self.body()
        found = list(re.compile(pattern).finditer(code, start, end))
        found = found[nth - 1:nth] if nth else found
        return only(self.file.name, code, f"{what} in {self.name}()", found).start()

    def call(self, callee, nth=None):
        """The statement with the call of CALLEE. If there are several, NTH (from 1) chooses one."""
        return Statement(self, self._only_word(f"a call of {callee}()", rf"\b{callee}\s*\(", nth), f"the call of {callee}()")

    def assignment(self, variable, nth=None):
        """The statement that assigns to VARIABLE. NTH as in call()."""
        return Statement(self, self._only_word(f"an assignment to {variable}", rf"\b{variable}\s*=(?!=)", nth),
                         f"the assignment to {variable}")

    def test(self, word, nth=None):
        """The `if` whose condition has WORD. NTH as in call()."""
        code, start, end = self.body()
        found = []
        for match in re.compile(r"\bif\s*\(").finditer(code, start, end):
            stop = closing(code, match.end() - 1)
            if stop >= 0 and re.search(rf"\b{word}\b", code[match.end():stop]):
                found.append((match, stop))
        found = found[nth - 1:nth] if nth else found
        match, stop = only(self.file.name, code, f"an if with {word} in {self.name}()", found, lambda pair: pair[0].start())
        return Test(self, match.start(), match.end(), stop, f"the test of {word}")

    def rename_calls(self, callee, new, count=1):
        """Makes all COUNT calls of CALLEE calls of NEW."""
        code, start, end = self.body()
        found = list(re.compile(rf"\b{callee}(?=\s*\()").finditer(code, start, end))
        if len(found) != count:
            raise Problem(self.file.name, f"{count} calls of {callee}() in {self.name}()", f"there are {len(found)}")
        for match in reversed(found):
            self.file.replace(match.start(), match.end(), new)


class Statement:
    """The statement of FUNCTION at POSITION. After an edit, look it up again."""

    def __init__(self, function, position, what):
        self.function, self.file, self.what = function, function.file, f"{what} in {function.name}()"
        self.code = code_of(self.file.text)
        self.start, self.end, self.mark = next(
            (statement for statement in function.statements() if statement[0] <= position < statement[1]), (0, 0, ""))
        if not self.mark:
            self.refuse("it is in no statement")
        self.control = None  # where the `if (...)` or `else` before it begins, if brackets must be added
        self._skip_heads(position)

    def refuse(self, found):
        raise Problem(self.file.name, self.what, found)

    def _skip_blanks(self):
        self.start += len(self.code[self.start:self.end]) - len(self.code[self.start:self.end].lstrip())

    def _skip_heads(self, position):
        """Moves the start after labels, and after each `if (...)` and `else` whose body without brackets is meant."""
        self._skip_blanks()
        while True:
            label = LABEL.match(self.code, self.start, self.end)
            if label and not self.control:
                self.start = label.end()
                self._skip_blanks()
                continue
            head = re.compile(r"(?:if|while|for|switch)\s*\(|else\b|do\b").match(self.code, self.start, self.end)
            if not head:
                return
            end = closing(self.code, head.end() - 1) + 1 if head.group().endswith("(") else head.end()
            if position < end:
                return
            if self.mark == "{":
                if not head.group().startswith("else"):
                    return
                self.refuse("it is in an `else if`, and nothing fits in between")
            self.control = self.start
            self.control_end = end
            self.start = end
            self._skip_blanks()

    def is_head(self):
        return bool(re.compile(r"(?:if|while|for|switch)\s*\(").match(self.code, self.start, self.end))

    def _indent(self):
        line = self.file.text.rfind("\n", 0, self.start) + 1
        before = self.file.text[line:self.start]
        if not before.strip():
            return before
        indent = re.match(r"[ \t]*", before).group()
        return indent + self.file.unit() if self.control is not None else indent

    def _replace_by(self, before, middle, after):
        """Puts BEFORE and AFTER around MIDDLE, in the place of the statement, in new brackets if it has none."""
        indent = self._indent()
        parts = [self.file.indented(before, indent) if before else "", indent + middle + "\n" if middle else "",
                 self.file.indented(after, indent) if after else ""]
        lines = "".join(parts).rstrip("\n")
        if self.control is None:
            line = self.file.text.rfind("\n", 0, self.start) + 1
            start = line if not self.file.text[line:self.start].strip() else self.start
            self.file.replace(start, self.end, lines if start == line else lines[len(indent):])
            return
        control_line = self.file.text.rfind("\n", 0, self.control) + 1
        outer = re.match(r"[ \t]*", self.file.text[control_line:]).group()
        self.file.replace(self.control_end, self.end, f" {{\n{lines}\n{outer}}}")

    def before(self, lines):
        """Inserts LINES before the statement."""
        if re.compile(r"(?:while|for)\s*\(").match(self.code, self.start, self.end):
            self.refuse("it is in the head of a loop")
        self._not_twice(lines, self.file.text[:self.start])
        if self.mark != ";":  # the block after the head stays as it is
            line = self.file.text.rfind("\n", 0, self.start) + 1
            if self.file.text[line:self.start].strip():
                self.refuse("other code stands before it in its line")
            self.file.insert(line, self.file.indented(lines, self._indent()))
            return
        self._replace_by(lines, self.file.text[self.start:self.end], "")

    def after(self, lines):
        """Inserts LINES after the statement."""
        if self.is_head() or self.mark != ";":
            self.refuse("it is in the head of a block. Use test(), or before()")
        self._replace_by("", self.file.text[self.start:self.end], lines)

    def replace(self, lines):
        """Replaces the statement by LINES."""
        if self.is_head() or self.mark != ";":
            self.refuse("it is in the head of a block. Use test()")
        self._replace_by(lines, "", "")

    def wrap(self, before, after):
        """Makes the call, which is the whole statement, the argument of another: BEFORE call AFTER;"""
        call = re.compile(r"\w+\s*\(").match(self.code, self.start, self.end)
        if self.mark != ";" or not call or closing(self.code, call.end() - 1) != self.end - 2:
            self.refuse("the statement has more than the call")
        self.file.replace(self.start, self.end, before + self.file.text[self.start:self.end - 1] + after + ";")

    def _not_twice(self, lines, text):
        if re.sub(r"\s+", "", text).endswith(re.sub(r"\s+", "", textwrap.dedent(lines))):
            self.refuse("the new lines are there already")


class Test:
    """An `if` from START. OPENED is the position after the bracket of its condition, CLOSED that of the closing one."""

    def __init__(self, function, start, opened, closed, what):
        self.function, self.file = function, function.file
        self.start, self.opened, self.closed, self.what = start, opened, closed, f"{what} in {function.name}()"

    def condition(self):
        return self.file.text[self.opened:self.closed].strip()

    def replace_condition(self, condition):
        """Tests CONDITION instead."""
        self.file.replace(self.opened, self.closed, condition)

    def only_if(self, condition):
        """Tests CONDITION, too, and first."""
        self.replace_condition(f"{condition} && ({self.condition()})")

    def before(self, lines):
        """Inserts LINES before the `if`."""
        Statement(self.function, self.opened, self.what).before(lines)

    def _block(self):
        """The code of the file, and the position after the opening bracket of the block that the condition guards."""
        code = code_of(self.file.text)
        block = re.compile(r"\s*\{").match(code, self.closed + 1)
        if not block:
            raise Problem(self.file.name, self.what, "no block follows. Use the call in it")
        return code, block.end()

    def _line(self):
        """The position of the line with the `if`, and its indentation."""
        line = self.file.text.rfind("\n", 0, self.start) + 1
        return line, re.match(r"[ \t]*", self.file.text[line:]).group()

    def first(self, lines):
        """Inserts LINES at the beginning of the block that the condition guards."""
        _, opened = self._block()
        place = self.file.text.find("\n", opened) + 1
        self.file.insert(place, self.file.indented(lines, self._line()[1] + self.file.unit()))

    def replace(self, lines):
        """Replaces the `if` and its block by LINES."""
        code, opened = self._block()
        line, indent = self._line()
        end = closing(code, opened - 1) + 1
        if code[line:self.start].strip() or not end or re.compile(r"\s*else\b").match(code, end):
            raise Problem(self.file.name, self.what, "it belongs to an else, or other code stands before it in its line")
        self.file.replace(line, end, self.file.indented(lines, indent).rstrip("\n"))
