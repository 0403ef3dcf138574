#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
client/examples/device-allocator.c hands out files in place of devices. It runs without the right to write records, or
before the kernel of kernel_stand_in.c, which logs the records.
"""
import os
import signal
import socket
import time
import unittest

from harness import DEADLINE, STRANGER, DaemonTest, Process, as_uid, main, needs_root, without_audit_write

ALLOCATOR = os.environ.get("DEVICE_ALLOCATOR", "device-allocator")
BEFORE_KERNEL = os.environ.get("ALLOCATOR_BEFORE_KERNEL", "allocator_before_kernel")
USE_DEVICE = os.environ.get("USE_DEVICE", "use-device")

NOT_RECORDED = "the grant cannot be recorded"
ALLOCATED, FREED = "record 2307 op=allocate", "record 2308 op=free"
PER_USER_MAX = 8  # connections


class Requester:
    """A connection to the allocator."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(os.fspath(path))
        self.device = None

    def ask(self, name):
        """Asks for the device NAME, and returns the reply. self.device becomes its descriptor."""
        self.socket.send(name.encode())
        return self.reply()

    def reply(self):
        text, descriptors, _, _ = socket.recv_fds(self.socket, 256, 1)
        self.device, = descriptors or [None]
        return text.decode()

    def close(self):
        self.socket.close()
        if self.device is not None:
            os.close(self.device)


class AllocatorTest(DaemonTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "devices"
        self.log = self.folder / "kernel.log"
        self.log.write_text("")
        for name in ("stick", "tape"):
            (self.folder / name).write_text(f"this is {name}\n")

    def start(self, program, *devices, kernel=None, wrapper=list):
        """Starts PROGRAM with DEVICES, by default stick and tape, and waits until it listens."""
        devices = devices or (f"stick={self.folder}/stick", f"tape={self.folder}/tape")
        environment = os.environ | {"AUDITFAIL_RUNTIME_DIR": f"{self.folder}/run", "AUDIT_KERNEL": kernel or "",
                                    "AUDIT_KERNEL_LOG": f"{self.log}"}
        self.allocator = Process(wrapper([program, os.fspath(self.path), *devices]), environment=environment,
                                 stderr=self.folder / "allocator.stderr")
        self.processes.append(self.allocator)
        self.addCleanup(self.allocator.close)
        self.eventually(self.listens)

    def listens(self):
        """Whether the allocator listens. A socket that is bound only refuses connections."""
        try:
            Requester(self.path).close()
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            self.assertIsNone(self.allocator.status)
            return False

    def refused_audit(self):
        self.start(ALLOCATOR, wrapper=without_audit_write)

    def before_kernel(self, kernel="", *devices):
        self.start(BEFORE_KERNEL, *devices, kernel=f"{kernel} texts")

    def requester(self):
        requester = Requester(self.path)
        self.addCleanup(requester.close)
        return requester

    def records(self):
        return [line for line in self.log.read_text().splitlines() if line.startswith("record ")]

    def stop(self):
        self.allocator.signal(signal.SIGTERM)
        self.assertEqual(self.allocator.wait(), 0)


class Records(AllocatorTest):
    def test_a_grant_is_recorded_before_the_user_has_the_device(self):
        self.before_kernel()
        requester = self.requester()
        self.assertEqual(requester.ask("stick"), "granted")
        record, = self.records()
        self.assertTrue(record.startswith(f'{ALLOCATED} device="stick" id={os.getuid()} exe='), record)
        self.assertTrue(record.endswith(" res=success"), record)
        self.assertEqual(os.read(requester.device, 64), b"this is stick\n")

    def test_the_end_of_the_connection_returns_the_device_and_is_recorded(self):
        self.before_kernel()
        first = Requester(self.path)
        self.assertEqual(first.ask("stick"), "granted")
        self.assertEqual(self.requester().ask("stick"), "another user has the device")
        self.assertEqual(self.requester().ask("tape"), "granted")
        first.close()
        self.eventually(lambda: len(self.records()) == 3)
        self.assertIn(f'{FREED} device="stick"', self.records()[2])
        self.assertEqual(self.requester().ask("stick"), "granted")

    def test_sigterm_records_the_return_of_all_devices(self):
        self.before_kernel()
        self.requester().ask("stick")
        self.requester().ask("tape")
        self.stop()
        self.assertCountEqual([record.partition(" id=")[0] for record in self.records()[2:]],
                              [f'{FREED} device="{name}"' for name in ("stick", "tape")])
        self.assertFalse(self.path.exists())

    def test_no_user_can_forge_a_field(self):
        self.before_kernel("", f"stick res=failed={self.folder}/stick")
        for name in ("stick", "stick id=0", "stick\0", 'stick" id=0', "stick\nrecord 2307"):
            self.assertEqual(self.requester().ask(name), "there is no such device", name)
        self.assertEqual(self.records(), [])

    def test_a_name_of_the_administrator_is_encoded(self):
        self.before_kernel("", f"a stick={self.folder}/stick")
        self.assertEqual(self.requester().ask("a stick"), "granted")
        self.assertIn(f"device={b'a stick'.hex().upper()} id=", self.records()[0])

    @needs_root
    def test_the_user_is_that_of_the_kernel(self):
        self.before_kernel()
        self.path.chmod(0o666)
        with as_uid(STRANGER):
            requester = self.requester()
        self.assertEqual(requester.ask("stick"), "granted")
        self.assertIn(f" id={STRANGER} ", self.records()[0])

    def test_a_device_that_cannot_be_opened_is_not_recorded(self):
        self.before_kernel("", "gone=/nonexistent")
        self.assertEqual(self.requester().ask("gone"), "No such file or directory")
        self.assertEqual(self.records(), [])


class Policies(AllocatorTest):
    application = "device-allocator"

    def decisions(self, daemon):
        daemon.stop()
        return [line for line in daemon.stderr().splitlines() if "could not write to the audit trail" in line]

    def test_terminate_refuses_the_grant_and_hands_out_nothing(self):
        self.policy(self.application, "terminate")
        daemon = self.daemon()
        self.refused_audit()
        requester = self.requester()
        self.assertEqual((requester.ask("stick"), requester.device), (NOT_RECORDED, None))
        self.assertIn("Operation not permitted; refused\n", self.allocator.stderr())
        decision, = self.decisions(daemon)
        self.assertIn("(DEV_ALLOC, auditfail_check: EPERM): told to terminate", decision)

    def test_log_hands_out_the_device_and_reports_the_loss(self):
        self.policy(self.application, "log")
        self.daemon()
        self.refused_audit()
        requester = self.requester()
        self.assertEqual(requester.ask("stick"), "granted")
        self.assertIsNotNone(requester.device)
        self.assertEqual(self.allocator.stderr().splitlines(), [
            f"{os.path.basename(ALLOCATOR)}: grant of stick, user {os.getuid()}, is not recorded: auditfail_check: "
            "Operation not permitted"])

    def test_ignore_hands_out_the_device_and_reports_nothing(self):
        self.policy(self.application, "ignore")
        self.daemon()
        self.refused_audit()
        requester = self.requester()
        self.assertEqual(requester.ask("stick"), "granted")
        self.assertIsNotNone(requester.device)
        self.stop()
        self.assertEqual(self.allocator.stderr(), "")

    def test_without_auditfaild_the_grant_is_refused_in_time(self):
        self.refused_audit()
        began = time.monotonic()
        self.assertEqual(self.requester().ask("stick"), NOT_RECORDED)
        self.assertLess(time.monotonic() - began, 5)

    def test_a_record_that_the_kernel_drops_is_not_written(self):
        self.policy(self.application, "ignore\noverload = terminate")
        self.daemon()
        self.before_kernel("lose=1")
        requester = self.requester()
        self.assertEqual((requester.ask("stick"), requester.device), (NOT_RECORDED, None))

    def test_under_terminate_nobody_gets_a_device_whose_return_is_not_recorded(self):
        self.policy(self.application, "terminate")
        daemon = self.daemon()
        self.before_kernel("off-after=2")  # so the second record, that of the return, is dropped
        first = Requester(self.path)
        self.assertEqual(first.ask("stick"), "granted")
        first.close()
        self.assertEqual(self.requester().ask("stick"), "the last return cannot be recorded")
        self.policy(self.application, "ignore")
        daemon.call("Reload")
        self.assertEqual(self.requester().ask("stick"), "granted")
        self.assertEqual(len(self.records()), 2)


class Limits(AllocatorTest):
    def test_requests_that_are_too_long_or_empty_are_refused(self):
        self.before_kernel()
        for request in (b"", b"stick" * 20, b"s" * 65, b"x" * 65536):
            requester = self.requester()
            requester.socket.send(request)
            self.assertEqual(requester.reply(), "there is no such device")
        self.assertEqual(self.requester().ask("stick"), "granted")

    def test_a_second_request_returns_the_device(self):
        self.before_kernel()
        requester = self.requester()
        self.assertEqual(requester.ask("stick"), "granted")
        with self.assertRaises(ConnectionResetError):
            requester.ask("tape")
        self.eventually(lambda: FREED in self.records()[-1])
        self.assertEqual(len(self.records()), 2)

    @needs_root
    def test_a_user_with_too_many_connections_does_not_keep_others_out(self):
        self.before_kernel()
        self.path.chmod(0o666)
        with as_uid(STRANGER):
            for _ in range(PER_USER_MAX):
                self.requester()
            self.assertEqual(self.requester().reply(), "too many connections")
        self.assertEqual(self.requester().ask("stick"), "granted")

    def test_a_wrong_command_line_ends_the_program(self):
        for argv in ([], ["stick"], ["stick=/dev/null", "=/dev/null"], ["s" * 65 + "=/dev/null"], ["a=b"] * 17):
            result = self.run_program(ALLOCATOR, self.path, *argv)
            self.assertEqual(result.returncode, 1, result)
            self.assertFalse(self.path.exists())

    def test_a_second_daemon_does_not_replace_the_socket(self):
        self.before_kernel()
        self.assertEqual(self.run_program(ALLOCATOR, self.path, "stick=/dev/null").returncode, 1)
        self.assertEqual(self.requester().ask("stick"), "granted")


class UseDevice(AllocatorTest):
    def use(self, *argv, **arguments):
        return self.run_program(USE_DEVICE, self.path, *argv, **arguments)

    def test_the_command_reads_and_writes_the_device_until_it_ends(self):
        self.before_kernel()
        result = self.use("stick", "sh", "-c", "cat; echo written >&0")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "this is stick\n", ""))
        self.assertEqual((self.folder / "stick").read_text(), "this is stick\nwritten\n")
        self.eventually(lambda: len(self.records()) == 2)

    def test_the_command_does_not_run_without_the_device(self):
        self.refused_audit()
        result = self.use("stick", "echo", "runs")
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertEqual(result.stderr, f"use-device: stick: {NOT_RECORDED}\n")


if __name__ == "__main__":
    main()
