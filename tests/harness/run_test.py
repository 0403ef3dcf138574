#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Runs a test in surroundings that are always the same, and ends it at a time limit.

    run_test.py SECONDS PROGRAM [ARGUMENT...]

Meson runs each test through this program. The test finds the default action of each signal, no blocked signal,
/dev/null as stdin, the umask 022, and no variable of a locale or of a package build.

At the time limit, this program prints the state and the stacks of all processes of the test to stderr, and then ends
them. The kernel's view comes from /proc. gdb or eu-stack, where one of them is installed, adds the functions.

The exit status is that of the test, or 124 after the time limit.
"""
import ctypes
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
TIME_LIMIT_REACHED = 124
DEBUGGER_SECONDS = 30
KILL_SECONDS = 5

# Names, or starts of names, of variables that change what programs print.
LEFT_OUT = ("DEB_", "DH_", "LANG", "LC_", "SOURCE_DATE_EPOCH")

STATUS = ("State", "PPid", "TracerPid", "Uid", "Threads", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt")
DEBUGGERS = (
    ["gdb", "-nx", "-batch", "-ex", "set debuginfod enabled off", "-ex", "thread apply all backtrace", "-p"],
    ["eu-stack", "-p"],
)


class TimeLimit(Exception):
    pass


def say(*lines):
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def read(path):
    """Returns the text of a file in /proc, or why it cannot be read."""
    try:
        return path.read_bytes().replace(b"\0", b" ").decode(errors="backslashreplace").strip()
    except OSError as error:
        return f"({error.strerror})"


def descendants():
    """
    Returns the processes that this program has started, and those that they have started, parents first. This program
    is a subreaper: it becomes the parent of a process whose own parent ends.
    """
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        # State and parent follow the name, which may have blanks and parentheses.
        fields = read(stat).rpartition(") ")[2].split()
        if len(fields) > 1:
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [os.getpid()]
    for parent in found:
        found += children.get(parent, [])
    return found[1:]


def print_process(pid):
    process = pathlib.Path("/proc") / str(pid)
    status = dict(line.partition(":")[::2] for line in read(process / "status").splitlines())
    say(f"--- process {pid}: {read(process / 'cmdline')}",
        " ".join(f"{name}={' '.join(status.get(name, '?').split())}" for name in STATUS))
    for task in sorted(process.glob("task/[0-9]*")):
        say(f"thread {task.name} {read(task / 'comm')}: wchan {read(task / 'wchan')}, syscall {read(task / 'syscall')}",
            read(task / "stack"))


def print_stacks(pid):
    debugger = next((command for command in DEBUGGERS if shutil.which(command[0])), None)
    if debugger is None:
        return
    say(f"--- process {pid}: {debugger[0]}")
    try:
        run = subprocess.run([*debugger, str(pid)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=DEBUGGER_SECONDS, check=False)
        say(run.stdout.decode(errors="backslashreplace"))
    except subprocess.TimeoutExpired:
        say(f"({debugger[0]} did not end within {DEBUGGER_SECONDS} s)")


def kill_all():
    end = time.monotonic() + KILL_SECONDS
    while (processes := descendants()) and time.monotonic() < end:
        for pid in processes:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            except OSError as error:
                say(f"cannot end process {pid}: {error.strerror}")
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
        time.sleep(0.05)


def end_at_limit(seconds):
    processes = descendants()
    say(f"--- The test reached its time limit of {seconds:g} s. Its processes:")
    # A debugger changes what it looks at. So the state of all processes comes first.
    for pid in processes:
        print_process(pid)
    for pid in processes:
        if os.path.exists(f"/proc/{pid}/exe"):  # a zombie has none
            print_stacks(pid)
    try:
        kill_all()
    except ChildProcessError:
        pass  # all children are reaped
    return TIME_LIMIT_REACHED


def start(argv):
    os.umask(0o022)
    null = os.open("/dev/null", os.O_RDONLY)
    if null == 0:  # stdin was closed
        os.set_inheritable(null, True)
    else:
        os.dup2(null, 0)
        os.close(null)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    environment["LANG"] = "C.UTF-8"
    signals = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    return os.posix_spawnp(argv[0], argv, environment, setsigmask=[], setsigdef=signals)


def exit_like(status):
    """Ends this program as the test ended, by the same signal if there was one."""
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return os.WEXITSTATUS(status)


def on_alarm(*_):
    raise TimeLimit


def main():
    seconds = float(sys.argv[1])
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGALRM, on_alarm)
    child = start(sys.argv[2:])
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        while True:
            pid, status = os.wait()
            if pid == child:
                signal.setitimer(signal.ITIMER_REAL, 0)
                return exit_like(status)
    except TimeLimit:
        return end_at_limit(seconds)


if __name__ == "__main__":
    sys.exit(main())
