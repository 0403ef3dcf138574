# SPDX-License-Identifier: LGPL-2.1-or-later
"""One booted machine: an emulator with a disk of its own. Its second serial line gives cases to guest/run-cases there,
and takes their results.

The machine has no network. What it leaves behind is read from its disk."""
import os
import select
import shutil
import subprocess
import time

BOOT_LIMIT = 600  # seconds until the machine is ready for a case; a quiet host takes 25
GRACE = 60  # seconds beside a case's limit: the machine itself ends a case that takes too long
OFF_LIMIT = 60
PATIENCE = 3  # boots; an emulated machine may come to a standstill while it boots
READY = "# The machine is ready"
REBOOTS = "# The machine reboots"
LEFT_BEHIND = "/var/log/audit /var/log/journal /var/lib/auditfail-cases"

# A processor that stands still for a minute ends the machine, and so does a panic.
KERNEL_OPTIONS = "root=/dev/vda rw console=ttyS0 loglevel=4 audit=1 panic=-1 softlockup_panic=1 watchdog_thresh=30"


class Broken(Exception):
    """The machine can run no case any more."""


def emulator(accel, built, disk):
    """The emulated machine has one processor of the plainest model. Cases use one at a time. A second one costs a third
    more of the host's time, and "-cpu max" twice as much. "mitigations=off" saves nothing."""
    processor = ["-cpu", "host", "-smp", "2"] if accel == "kvm" else ["-smp", "1"]
    return ["qemu-system-x86_64", "-accel", accel, *processor, "-m", "1024", "-nic", "none", "-no-reboot",
            "-device", "virtio-rng-pci", "-drive", f"file={disk},format=raw,if=virtio,cache=unsafe",
            "-kernel", f"{built}/kernel", "-initrd", f"{built}/initrd"]


def shell(accel, built):
    """A root shell on the console, which is this terminal. Returns the emulator's status."""
    return subprocess.run([*emulator(accel, built, f"{built}/disk"), "-nographic",
                           "-append", f"{KERNEL_OPTIONS} auditfail.shell"], check=False).returncode


class Machine:
    def __init__(self, name, built, folder, accel, parameters):
        """BUILT has kernel, initrd and disk; FOLDER is the machine's own. PARAMETERS are those of guest/run-cases."""
        self.name, self.built, self.folder, self.accel = name, built, folder, accel
        self.parameters = parameters
        self.process, self.unread, self.ended = None, b"", False
        folder.mkdir()
        self.disk, self.console = folder / "disk", folder / "console"
        subprocess.run(["cp", "--sparse=always", built / "disk", self.disk], check=True)
        self.console.touch()

    def boot(self, limit=BOOT_LIMIT):
        """Whether the machine is ready for a case."""
        command = [*emulator(self.accel, self.built, self.disk), "-display", "none", "-monitor", "none",
                   "-chardev", f"file,id=console,path={self.console},append=on", "-serial", "chardev:console",
                   "-chardev", "stdio,id=cases,signal=off", "-serial", "chardev:cases",
                   "-append", f"{KERNEL_OPTIONS} systemd.show_status=yes {self.parameters}"]
        if self.ended:
            raise Broken("the run was ended")
        self.unread = b""
        with open(self.folder / "emulator", "ab") as complaints:
            # Ctrl-C is for the run, which then ends its machines itself.
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints,
                                            start_new_session=True)
        try:
            self.read_until(READY, [], limit)
        except Broken:
            self.kill()
            return False
        return True

    def boot_patiently(self):
        if not any(self.boot() for _ in range(PATIENCE)):
            raise Broken(f"the machine did not boot, {PATIENCE} times")

    def run(self, case, lines):
        """Runs the case, and adds what it reports to LINES."""
        while True:
            self.tell(f"{case.name} {case.limit}")
            self.read_until(f"# {case.name} took ", lines, case.limit + GRACE)
            if REBOOTS not in lines[-2:]:
                return
            self.await_end()
            self.boot_patiently()

    def tell(self, line):
        try:
            self.process.stdin.write(f"{line}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Broken(f"the machine ended: the emulator's status is {self.process.wait()}") from error

    def read_until(self, start, lines, limit):
        """Adds lines to LINES, the last one of which begins with START."""
        deadline = time.monotonic() + limit
        while True:
            *complete, self.unread = self.unread.split(b"\n")
            for place, line in enumerate(complete):
                text = line.decode(errors="replace").rstrip("\r")
                lines.append(text)
                if text.startswith(start):
                    self.unread = b"\n".join([*complete[place + 1:], self.unread])
                    return
            self.unread += self.receive(deadline, limit)

    def receive(self, deadline, limit):
        output = self.process.stdout
        if not select.select([output], [], [], max(0, deadline - time.monotonic()))[0]:
            raise Broken(f"the machine hung: the {limit} s were over")
        received = os.read(output.fileno(), 65536)
        if not received:
            raise Broken(f"the machine ended: the emulator's status is {self.process.wait()}")
        return received

    def await_end(self):
        """Waits until the machine is off. It reboots as another process, so a kernel that panics does not reboot for
        ever."""
        try:
            self.process.wait(OFF_LIMIT)
        except subprocess.TimeoutExpired as hung:
            self.kill()
            raise Broken(f"the machine hung: it was not off after {OFF_LIMIT} s") from hung

    def power_off(self):
        """Lets the machine write everything to its disk."""
        try:
            self.tell("off")
            self.await_end()
        except Broken:
            pass

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()

    def keep(self, folder):
        """Copies what the machine left behind, and what the host saw of it, to FOLDER."""
        # Brings what a machine that was killed had only in the disk's journal.
        subprocess.run(["e2fsck", "-y", "-E", "journal_only", self.disk], capture_output=True, check=False)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self.console, folder)
        shutil.copy(self.folder / "emulator", folder)
        subprocess.run(["debugfs", "-R", f"rdump {LEFT_BEHIND} .", self.disk], cwd=folder, capture_output=True,
                       check=False)

    def end_of_console(self, lines=20):
        return self.console.read_text(errors="replace").splitlines()[-lines:]

    def end(self):
        """For another thread than the one that uses the machine, which cannot boot it again."""
        self.ended = True
        self.kill()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
