# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads an interface file as any binding generator reads it, and checks replies against it."""
import re


class Interface:
    """
    The types, methods and errors of an interface file. A type is a pair (what it is, of what): ("word", name),
    ("array", type), ("maybe", type), ("enum", words) or ("struct", {field: type}).
    """

    def __init__(self, text):
        text = re.sub(r"#.*", "", text)
        self.tokens = re.findall(r"->|\[\]|[?(),:]|[A-Za-z0-9_.]+", text)
        assert "".join(self.tokens) == re.sub(r"\s", "", text), "a character that no interface file has"
        self.types, self.methods, self.errors = {}, {}, {}
        self.expect("interface")
        self.name = self.take()
        while self.tokens:
            keyword, name = self.take(), self.take()
            if keyword == "method":
                parameters = self.type()
                self.expect("->")
                self.methods[name] = (parameters, self.type())
            else:
                {"type": self.types, "error": self.errors}[keyword][name] = self.type()

    def take(self):
        return self.tokens.pop(0)

    def expect(self, token):
        found = self.take()
        assert found == token, f"{found} where {token} should be"

    def type(self):
        token = self.take()
        if token in ("?", "[]"):
            return ("maybe" if token == "?" else "array", self.type())
        if token != "(":
            return "word", token
        names, fields = [], {}
        while self.tokens[0] != ")":
            names.append(self.take())
            if self.tokens[0] == ":":
                self.take()
                fields[names[-1]] = self.type()
            if self.tokens[0] == ",":
                self.take()
        self.take()
        return ("struct", fields) if fields or not names else ("enum", names)

    def check(self, kind, value, path):
        """Raises AssertionError where VALUE, found at PATH, is not of the type KIND."""
        what, of = kind
        if what == "maybe":
            if value is not None:
                self.check(of, value, path)
        elif what == "array":
            assert isinstance(value, list), f"{path} is no array: {value!r}"
            for i, element in enumerate(value):
                self.check(of, element, f"{path}[{i}]")
        elif what == "enum":
            assert value in of, f"{path} is not one of {of}: {value!r}"
        elif what == "struct":
            assert isinstance(value, dict), f"{path} is no object: {value!r}"
            assert set(value) <= set(of), f"{path} has {set(value) - set(of)}, which the interface does not know"
            for field, kind_of_field in of.items():
                self.check(kind_of_field, value.get(field), f"{path}.{field}")
        elif of in self.types:
            self.check(self.types[of], value, path)
        else:
            # type(), since a bool is an int for isinstance().
            assert type(value) is {"string": str, "int": int, "bool": bool}[of], f"{path} is no {of}: {value!r}"

    def check_reply(self, method, reply):
        if "error" in reply:
            name = reply["error"].removeprefix(f"{self.name}.")
            self.check(self.errors[name], reply.get("parameters"), name)
        else:
            self.check(self.methods[method][1], reply.get("parameters"), method)
