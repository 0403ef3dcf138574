#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asks shells for the completions of a command line. Each class has a shell, and the folder of the completions."""
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

DEADLINE = 60

# Notes what a completion function of zsh offers: the words that match the one before the cursor.
ZSHRC = r"""
PROMPT=
fpath=("$COMPLETIONS" $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
	local argument
	local -a matches
	for argument in "$@"; do
		case $argument in
		- | --) break ;;
		-O | -A | -D) builtin compadd "$@"; return ;;
		esac
	done
	builtin compadd -O matches "$@"
	(( ! $#matches )) || print -rl -- $matches >>$OFFERS
	builtin compadd "$@"
}
zle -C note-offers complete-word _main_complete
complete_line() {
	zle note-offers
	BUFFER=
	print >$OFFERS.end
}
zle -N complete-line complete_line
bindkey '^I' complete-line
print >$OFFERS.end
"""


class Shell:
    NAME = None

    def __init__(self, completions, folder, environment):
        self.completions, self.folder = completions, folder
        self.environment = {**environment, "HOME": str(folder), "COMPLETIONS": str(completions), "LC_ALL": "C.UTF-8"}
        if not shutil.which(self.NAME):
            raise unittest.SkipTest(f"{self.NAME} is not installed")

    def close(self):
        pass

    def run(self, *arguments):
        result = subprocess.run([self.NAME, *arguments], env=self.environment, cwd=self.folder, capture_output=True,
                                text=True, timeout=DEADLINE, check=False)
        assert (result.returncode, result.stderr) == (0, ""), result
        return result.stdout

    def complete(self, line):
        """Returns the completions of the last word of LINE. Those of --option=VALUE are values."""
        return {re.sub(r"^--[a-z-]+=(?=.)", "", word).rstrip("=") for word in self.offers(line)}


class Bash(Shell):
    NAME = "bash"
    SCRIPT = """
        source "$COMPLETIONS/$1.bash"
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _$1
        printf '%s\\n' "${COMPREPLY[@]}"
    """

    def offers(self, line):
        words = [word for part in line.split(" ") for word in re.split("(=)", part)]
        if words[-2:] == ["=", ""]:
            words.pop()
        return self.run("-c", self.SCRIPT, "bash", *words).splitlines()


class Fish(Shell):
    NAME = "fish"

    def offers(self, line):
        output = self.run("--no-config", "-c", 'source $COMPLETIONS/(string split " " -- $argv[1])[1].fish; complete -C $argv[1]',
                          line)
        return [words.split("\t")[0] for words in output.splitlines()]


class Zsh(Shell):
    NAME = "zsh"

    def __init__(self, *arguments):
        """Starts an interactive zsh."""
        super().__init__(*arguments)
        (self.folder / ".zshrc").write_text(ZSHRC)
        self.path = self.folder / "offers"
        self.master, slave = pty.openpty()
        environment = {**self.environment, "ZDOTDIR": str(self.folder), "OFFERS": str(self.path), "TERM": "dumb"}
        self.process = subprocess.Popen(["zsh", "-d", "-i"], env=environment, cwd=self.folder, stdin=slave, stdout=slave,
                                        stderr=slave, start_new_session=True)
        os.close(slave)
        self.await_end()

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def offers(self, line):
        """Types LINE and a tab."""
        os.write(self.master, line.encode() + b"\t")
        self.await_end()
        offers = self.path.read_text().splitlines() if self.path.exists() else []
        self.path.unlink(missing_ok=True)
        return offers

    def await_end(self):
        sign, end = self.folder / "offers.end", time.monotonic() + DEADLINE
        while not sign.exists():
            if select.select([self.master], [], [], 0.01)[0]:
                os.read(self.master, 4096)
            assert time.monotonic() < end, "zsh does not end"
        sign.unlink()
