#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The transcripts in README.md and the manual pages are what the programs print now; see transcripts.py."""
import os
import shutil
import subprocess
import unittest

import picture
import transcripts
from harness import SANITIZED, main


def may_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode == 0


def is_audited(program):
    """Whether PROGRAM is there and linked with libaudit."""
    path = shutil.which(program)
    return path and "libaudit." in subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout


class Transcripts(unittest.TestCase):
    def assertCurrent(self, place):
        groups = transcripts.groups(place)
        self.assertTrue(groups, f"no page has a transcript for {place}")
        for group in groups:
            for transcript, lines in zip(group, transcripts.run_page(group)):
                with self.subTest(transcript.name):
                    self.assertEqual(transcripts.compare(transcript, lines), "", "type: tests/man/transcripts.py --write")

    @unittest.skipUnless(shutil.which("systemd-socket-activate"), "needs systemd-socket-activate")
    def test_the_demo_prints_what_the_readme_shows(self):
        self.assertCurrent("demo")

    @unittest.skipUnless(may_mount(), "needs root, to have an /etc of its own")
    @unittest.skipUnless(is_audited("useradd") and shutil.which("su"), "needs su, and a useradd that is linked with libaudit")
    @unittest.skipIf(SANITIZED, "the sanitizers' runtime must be loaded first")
    def test_programs_print_what_the_pages_show(self):
        self.assertCurrent("here")

    def test_the_picture_shows_what_the_readme_says(self):
        drawn = picture.PICTURE.read_text()
        shown = picture.lines_of(drawn)
        said = [line for story in picture.stories(picture.lines_of_readme()) for line in story]
        self.assertEqual(transcripts.normal(shown), transcripts.normal(said), "type: tests/man/picture.py")
        self.assertEqual(picture.draw(shown), drawn, "picture.py draws it in another way now; type: tests/man/picture.py")
        self.assertLess(len(drawn), 60 * 1024)
        self.assertIn(f"]({picture.PICTURE.relative_to(transcripts.SOURCE)})", picture.README.read_text())

    def test_every_transcript_has_a_known_place(self):
        for page in transcripts.PAGES:
            text = page.read_text()
            found = transcripts.transcripts(page)
            self.assertEqual(len(found), text.count(" transcript: "), page)
            for transcript in found:
                self.assertIn(transcript.place, ("demo", "here", "machine"), transcript.name)
                self.assertIn(transcript.scene, (None, *transcripts.SCENES), transcript.name)
                self.assertTrue(transcript.place == "demo" or transcript.scene or transcript.commands(), transcript.name)


if __name__ == "__main__":
    main()
