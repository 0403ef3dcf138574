# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Reads the include lines and the headers below a folder, and finds what breaks the layout of HACKING.md. A file is a pair
of NAME.c and NAME.h: the header declares what the source file defines.
"""
import collections
import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+"([^"]+)"', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# At the left margin of a header, with all of it up to the semicolon: a function, or a variable.
FUNCTION = re.compile(r"^(?!static|typedef|_Static_assert|extern\s+const|[A-Z_]+\()[A-Za-z_][^;{}#=]*?\b(\w+)"
                      r"\((?=[^;{}]*\)[^;{}()]*;)", re.MULTILINE)
VARIABLE = re.compile(r"^extern\b[^;({]*?\b(\w+)(?:\[[^\]]*\])*;", re.MULTILINE)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)\s*|_Noreturn\s+")


def without_comments(text):
    """TEXT with its comments blanked out, and each line at its number."""
    return COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def stem(path):
    return path.rsplit(".", 1)[0]


def folder(path):
    return path.rsplit("/", 1)[0] if "/" in path else ""


def circles(edges):
    """The circles of a graph: lists of nodes, each of which reaches the next and the last of which reaches the first."""
    found, done = [], set()

    def visit(node, path):
        if node in path:
            circle = path[path.index(node):]
            if not any(set(circle) <= set(other) for other in found):
                found.append(circle)
            return
        if node in done:
            return
        for target in sorted(edges.get(node, ())):
            visit(target, path + [node])
        done.add(node)

    for node in sorted(edges):
        visit(node, [])
    return found


class Sources:
    """
    The C files below ROOT in FOLDERS. ALLOWED has the folders that a folder may include beside itself; a folder without
    an entry there has the entry of the folder above it. ELSEWHERE has, for a header, the reason why its declarations are
    defined in no file of its own name.
    """

    def __init__(self, root, folders, allowed, elsewhere):
        self.root, self.allowed, self.elsewhere = root, allowed, elsewhere
        paths = [path for name in folders for path in (root / name).rglob("*.[ch]")]
        self.texts = {path.relative_to(root).as_posix(): without_comments(path.read_text()) for path in paths}
        self.includes = []  # (file, line number, header), in the order of the files
        for path, text in sorted(self.texts.items()):
            for match in INCLUDE.finditer(text):
                self.includes.append((path, text.count("\n", 0, match.start(1)) + 1, match.group(1)))

    def where(self, path, number):
        line = (self.root / path).read_text().splitlines()[number - 1]
        return f"{path}:{number}: {line.strip()}"

    def resolve(self, header):
        return next((path for path in (header, f"include/{header}") if path in self.texts), None)

    def edges(self, node):
        """Pairs of different NODE(file) that an include line connects, with the line."""
        for path, number, header in self.includes:
            target = self.resolve(header)
            if target and node(path) != node(target):
                yield node(path), node(target), self.where(path, number)

    def unknown(self):
        """Include lines that name no header by its path from the root."""
        return [self.where(path, number) for path, number, header in self.includes if not self.resolve(header)]

    def names_twice(self):
        headers = collections.defaultdict(list)
        for path in self.texts:
            if path.endswith(".h"):
                headers[path.rsplit("/", 1)[-1]].append(path)
        return [" and ".join(sorted(paths)) for paths in headers.values() if len(paths) > 1]

    def circles(self, node):
        edges, lines = collections.defaultdict(set), {}
        for source, target, line in self.edges(node):
            edges[source].add(target)
            lines.setdefault((source, target), line)
        return ["\n".join(lines[pair] for pair in zip(circle, circle[1:] + circle[:1])) for circle in circles(edges)]

    def may_include(self, source, target):
        rule = source
        while rule not in self.allowed and rule:
            rule = folder(rule)
        return any(target == name or target.startswith(name + "/") for name in [*self.allowed.get(rule, ()), rule])

    def wrong_directions(self):
        return [line for source, target, line in self.edges(folder) if not self.may_include(source, target)]

    def foreign_declarations(self):
        """Declarations in a header whose own source file does not define them."""
        wrong = []
        for path, text in sorted(self.texts.items()):
            if not path.endswith(".h") or path in self.elsewhere:
                continue
            own = self.texts.get(stem(path) + ".c", "")
            text = ATTRIBUTE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
            for match in [*FUNCTION.finditer(text), *VARIABLE.finditer(text)]:
                name = match.group(1)
                defined = re.search(rf"^(?!extern)(?:[A-Za-z_][^\n;=]*)?\b{name}(\(|\[|\s*=|;)", own, re.MULTILINE)
                if not defined:
                    wrong.append(self.where(path, text.count("\n", 0, match.start(1)) + 1))
        return wrong
