#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Something runs each command that README.md and the manual pages show; see examples.py. The policies there are valid."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import examples
from harness import AUDITFAILCTL, main

PLACES = {"transcript": ("demo", "here", "machine"), "commands": ("machine", "source", "elsewhere"),
          "text": ("policy", "file", "c", "drawing")}


def blocks(*what):
    return [block for page in examples.PAGES for block in examples.blocks(page) if (block.what, block.place)[:len(what)] == what]


class Examples(unittest.TestCase):
    def test_each_block_says_what_it_is(self):
        for page in examples.PAGES:
            for block in examples.blocks(page):
                self.assertIn(block.what, PLACES, f"{block.name} has no comment that says what it is; see tests/man/examples.py")
                self.assertIn(block.place, PLACES[block.what], block.name)

    def test_each_scene_is_there_and_used(self):
        used = {block.scene for page in examples.PAGES for block in examples.blocks(page)
                if block.scene and block.what != "transcript"}
        self.assertEqual(used, set(examples.SCENES))

    def test_each_command_is_run(self):
        left = examples.without_run()
        self.assertEqual([(page, command) for page, command in left if command not in examples.NOT_RUN], [],
                         "run it in tests/vm/cases/255-examples.sh")
        self.assertLessEqual(set(examples.NOT_RUN), {command for _, command in examples.claims()})
        for why in examples.NOT_RUN.values():
            for file in re.findall(r"tests/\S+\.(?:sh|py)", why):
                self.assertTrue((examples.SOURCE / file).exists(), file)
        for page, command in left:
            print(f"# not run: {page}: {command}: {examples.NOT_RUN[command]}")

    def make_folder(self):
        """A folder with etc/auditfail in it, as a package has it."""
        folder = tempfile.TemporaryDirectory(prefix="auditfail-examples-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o755)
        policies = pathlib.Path(folder.name) / "etc/auditfail"
        policies.mkdir(parents=True)
        for file in (examples.SOURCE / "etc/auditfail").glob("*.conf"):
            shutil.copy(file, policies)
        return policies

    def test_policies_are_valid(self):
        self.assertTrue(blocks("text", "policy"))
        for block in blocks("text", "policy"):
            policies = self.make_folder()
            (policies / "example.conf").write_text("\n".join(block.lines) + "\n")
            with self.subTest(block.name):
                checked = subprocess.run([AUDITFAILCTL, "check", "--strict", policies], capture_output=True, text=True, check=False)
                self.assertEqual(checked.returncode, 0, checked)

    def test_commands_for_a_source_tree_work(self):
        self.assertTrue(blocks("commands", "source"))
        path = f"{pathlib.Path(AUDITFAILCTL).parent}{os.pathsep}{os.environ['PATH']}"
        for block in blocks("commands", "source"):
            for _, command in block.commands():
                with self.subTest(block.name, command=command):
                    ended = subprocess.run(["sh", "-ec", command], cwd=self.make_folder().parents[1],
                                           env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=60, check=False)
                    self.assertEqual(ended.returncode, 0, ended)


if __name__ == "__main__":
    main()
