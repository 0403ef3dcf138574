#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""
stops.py FLOOD QUIET FLOODED: in the machine, has auditd stopped so often, and prints a line of JSON for each.

Ours is "auditctl stop". The stock way is "auditctl --signal stop" where the stock auditctl knows that (since audit 4),
and else what people did before: kill -TERM, by a shell. Both are started by root in a login of user 1000, as after
sudo: a process whose login (loginuid) is set as pam_loginuid sets it. They take turns; auditd, its log and the flood
are new each time.
"""
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time

LOGS = pathlib.Path("/var/log/audit")
CONF = pathlib.Path("/etc/audit/auditd.conf")
OURS, STOCK, SHELL = "/usr/libexec/auditfail/auditctl", "/usr/sbin/auditctl", "/bin/sh"
PERSON = 1000
UNSET = 2**32 - 1
FLOODED = 200  # records of the flood in the log: auditd has its hands full
PATIENCE = 60  # seconds
WAYS = {OURS: "auditctl stop (ours)", STOCK: "auditctl --signal stop", SHELL: "kill -TERM, by a shell"}


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def registered():
    """The pid of the kernel's audit daemon, or 0."""
    return int(re.search(r"^pid (\d+)", run(STOCK, "-s"), re.MULTILINE)[1])


def await_truth(what):
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE} s")
        time.sleep(0.1)


def log_in():
    pathlib.Path("/proc/self/loginuid").write_text(str(PERSON))


def stock_way(pid):
    if "--signal" in subprocess.run([STOCK, "-h"], capture_output=True, text=True).stdout:
        return [STOCK, "--signal", "stop"]
    return [SHELL, "-c", f"kill -TERM {pid}"]


def fresh_auditd():
    """Started with an empty log, which does not rotate. Returns its pid."""
    subprocess.run(["systemctl", "stop", "auditd.service"], check=True)
    for log in LOGS.glob("audit.log*"):
        log.unlink()
    subprocess.run(["systemctl", "reset-failed", "auditd.service"], check=False)
    run("systemctl", "start", "auditd.service")
    await_truth(registered)
    return registered()


def fields(record):
    """Those that the kernel and auditd write. What a user wrote, and what log_format = ENRICHED adds, is left out."""
    return dict(re.findall(r"(\w+)=(\S+)", record.split("\x1d")[0].split(" msg='")[0]))


def judge(log):
    """What LOG, of one auditd from its start to its end, says about who ended it."""
    lines = log.read_text(errors="replace").splitlines()
    end = next((place for place, line in enumerate(lines) if line.startswith("type=DAEMON_END ")), None)
    record = next((place for place, line in enumerate(lines) if line.startswith("type=TRUSTED_APP ")
                   and "op=auditd-stop answer=granted" in line and fields(line).get("auid") == str(PERSON)), None)
    found = fields(lines[end]) if end is not None else {}
    number = {key: int(found.get(key, -1)) % 2**32 for key in ("auid", "uid", "ses")}
    return {"record": record is not None and (end is None or record < end), "end": end is not None,
            "auid": number["auid"] == PERSON, "uid": number["uid"] == 0, "ses": number["ses"] != UNSET}


def stop(ours, flood):
    pid = fresh_auditd()
    log = LOGS / "audit.log"
    command = [OURS, "stop", "--reason=bench", f"--timeout={PATIENCE}"] if ours else stock_way(pid)
    flooding = subprocess.Popen([flood], stdout=subprocess.PIPE, text=True) if flood else None
    try:
        if flooding:
            await_truth(lambda: log.read_bytes().count(b"op=flood") >= FLOODED)
        process = os.pidfd_open(pid)
        began = time.monotonic()
        request = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=log_in)
        gone = bool(select.select([process], [], [], PATIENCE)[0])
        seconds = time.monotonic() - began
        status = request.wait(PATIENCE)
        os.close(process)
    finally:
        said = ""
        if flooding:
            flooding.terminate()
            said = flooding.communicate()[0]
    rate = re.search(r"([\d.]+)/s", said)
    return {"ours": ours, "flooded": bool(flood), "gone": gone, "seconds": seconds, "status": status,
            "way": WAYS[command[0]],
            "rate": float(rate[1]) if rate else 0, **judge(log)}


def main():
    flood, quiet, flooded = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    usual = CONF.read_text()
    try:
        CONF.write_text(re.sub(r"^max_log_file_action.*$", "max_log_file_action = IGNORE", usual, flags=re.MULTILINE))
        for kind, count in ((None, quiet), (flood, flooded)):
            for _ in range(count):
                for ours in (True, False):
                    print("#", json.dumps(stop(ours, kind)), flush=True)
    finally:
        CONF.write_text(usual)
        fresh_auditd()


if __name__ == "__main__":
    main()
