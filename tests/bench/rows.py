# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rows of the benchmark. Each is a function of (build, scale) that yields Results and Growth tables."""
import contextlib
import json
import os
import random
import resource
import select
import statistics
import subprocess
import time

import flat
from counts import calls, instructions
from results import Growth, Result
from scene import DESCRIPTORS, Scene, control_harness, harness, proportional_memory
from speed import PROCESSES, connect, kept, latency, peers, percentile_99, quartiles, snapshot


def stub(build, scale):
    """Each way to an answer in turn: from the daemon, from the snapshot that it leaves, from neither."""
    calls = 100
    with Scene(build) as scene:
        with scene.daemon():
            counts = scene.run("allocations", calls)
        counts += scene.run("allocations", calls)
        (scene.runtime / "policy.snapshot").unlink()
        counts += scene.run("allocations", calls)
    if [count["via"] for count in counts] != [[calls, 0, 0], [0, calls, 0], [0, 0, calls]]:
        raise RuntimeError(f"answers did not come the three ways: {counts}")
    yield Result("stub: heap allocations", sum(count["allocations"] for count in counts), "", 0,
                 f"{calls} calls answered by the daemon, from the snapshot, by neither each")

    dynamic = subprocess.run(["readelf", "-d", build.stub], check=True, text=True, capture_output=True).stdout
    needed = [line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line]
    yield Result("stub: libraries beyond libc", sum(name != "libc.so.6" for name in needed), "", 0, " ".join(needed))


def activate(scene, listener):
    """
    Seconds from connect() to the answer, when the connection starts the daemon. Nothing is started in between, so the
    daemon keeps its right to write audit records; it has no trail to use it for.
    """
    before = time.monotonic()
    with harness.Client(scene.socket) as client:
        client.send("io.auditfail.Policy.Query", {"application": "app-00000"})
        select.select([listener], [], [])
        daemon = scene.start(sockets=[listener], audit_write=True)
        try:
            client.reply()
            return time.monotonic() - before
        finally:
            daemon.kill()
            daemon.close()


def start_nothing(scene):
    """Seconds to start, as the daemon is started, a program that does nothing."""
    before = time.monotonic()
    process = harness.Process(["true"], stderr=scene.folder / "stderr")
    process.wait()
    took = time.monotonic() - before
    process.close()
    return took


def activation(build, scale):
    with Scene(build, applications=100) as scene, scene.listening() as listener:
        pairs = [(1000 * activate(scene, listener), 1000 * start_nothing(scene)) for _ in range(scale.activations)]
    times, nothing = zip(*pairs)
    yield Result("activation, 100 applications", statistics.median(times), "ms", 10,
                 f"median of {len(times)}, {min(times):.1f} to {max(times):.1f} ms; a program that does nothing takes "
                 f"{statistics.median(nothing):.1f} ms", len(times), quartiles(times))


def reload_meanwhile(scene, daemon):
    """Changes the policy and reloads; returns the milliseconds of the reload, and of the slowest query meanwhile."""
    scene.change()
    with daemon.connect() as reloading, daemon.connect() as asking:
        slowest = 0.0
        before = time.monotonic()
        reloading.send("io.auditfail.Policy.Reload")
        while not select.select([reloading.socket], [], [], 0)[0]:
            asked = time.monotonic()
            asking.call("Query", application="app-00000")
            slowest = max(slowest, time.monotonic() - asked)
        if "error" in reloading.reply():
            raise RuntimeError("the reload failed")
        return 1000 * (time.monotonic() - before), 1000 * slowest


def start(scene):
    """Milliseconds until a daemon is ready."""
    before = time.monotonic()
    with scene.daemon():
        return 1000 * (time.monotonic() - before)


def applications(build, scale):
    """More and more applications: time to start, to answer, to load anew, and memory."""
    rows = []
    with Scene(build, applications=1) as small, small.daemon() as reference, Scene(build, applications=0) as scene:
        for count in scale.applications:
            scene.grow(count)
            starts = [start(scene) for _ in range(scale.starts)]
            with scene.daemon() as daemon:
                memory = proportional_memory(daemon.pid)
                if count > 1:
                    for name, asked in ((f"query with {count:,} applications, against 1", 1),
                                        (f"queries for {count:,} applications in turn, against 1", count)):
                        yield from flat.compared(name, (small, reference, 1), (scene, daemon, asked), scale)
                reloaded, slowest = reload_meanwhile(scene, daemon)
            rows.append([count, statistics.median(starts), reloaded, slowest, memory / 1024])
    yield Growth("applications", ["applications", "start ms", "reload ms", "worst query ms", "memory MiB"], rows)
    yield Result(f"start, {rows[-1][0]:,} applications", statistics.median(starts), "ms", 1000,
                 f"median of {len(starts)}, {min(starts):,.0f} to {max(starts):,.0f} ms", len(starts), quartiles(starts))
    yield Result("auditfaild at rest", rows[0][-1], "MiB", 4, f"Pss, {rows[0][0]} application")
    yield Result(f"auditfaild, {rows[-1][0]:,} applications", rows[-1][-1], "MiB", 64, "Pss")


def connections(build, scale):
    """Many idle connections, each of which has asked once."""
    # The daemon lets any one user but root have half of its descriptors; and some are needed for what measures.
    room = (DESCRIPTORS if os.geteuid() == 0 else DESCRIPTORS // 2) - 200
    with Scene(build) as small, small.daemon() as reference, Scene(build) as scene, scene.daemon() as daemon:
        # As much as the daemon ever needs for itself, before the first connection that stays.
        latency(scene, "query-kept", "echo-kept", PROCESSES, scale.batch)
        at_rest = proportional_memory(daemon.pid)
        idle = []
        while len(idle) < min(scale.connections, room):
            idle.append(daemon.connect())
            idle[-1].call("Query", application="app-00000")
        held = daemon.call("Status")["parameters"]["connections"]
        if held < len(idle):
            raise RuntimeError(f"the daemon holds {held} of {len(idle)} connections")
        memory = proportional_memory(daemon.pid)
        yield from flat.compared(f"query with {len(idle):,} connections, against 1",
                                 (small, reference, small.applications), (scene, daemon, scene.applications), scale)
        for client in idle:
            client.close()
    yield Result("memory per idle connection", max(0, memory - at_rest) / len(idle), "KiB", 2,
                 f"Pss, {len(idle):,} connections that have asked once")


def crowd(build, scale):
    """
    Everyone asks at once, while the daemon is reloaded, killed and started again on the same socket, and while another
    user takes all that it can.
    """
    chance = random.Random(1)
    with Scene(build, applications=300) as scene, scene.listening() as listener, contextlib.ExitStack() as stack:
        scene.change()
        daemon = scene.start(sockets=[listener]).ready()
        if os.geteuid() == 0:
            greedy = stack.enter_context(scene.popen("fairness", 1 << 20, stderr=subprocess.DEVNULL))
            stack.callback(greedy.kill)
        asking = scene.popen("crowd", scale.crowd, scene.applications)
        try:
            asking.stdout.readline()
            for _ in range(scale.kills):
                time.sleep(chance.uniform(0, 0.1))
                scene.change()
                daemon.signal(harness.signal.SIGHUP)
                time.sleep(chance.choice((0, 0.001, 0.01)))  # some die while they load, some after it
                daemon.kill()
                daemon.close()
                daemon = scene.start(sockets=[listener])
            daemon.ready()
            seen = json.loads(asking.communicate()[0])
        finally:
            asking.kill()
            daemon.kill()
            daemon.close()
    by_daemon, by_snapshot, by_neither = seen["via"]
    yield Result("answers wrong or lost", seen["wrong"] + seen["lost"], "", 0,
                 f"{scale.crowd:,} processes, {scale.kills} kills: {by_daemon:,} answers by the daemon, "
                 f"{by_snapshot:,} from the snapshot, {by_neither:,} by neither, slowest {seen['worst_ms']:.0f} ms",
                 figures=seen)
    for source, counts in zip(("daemon", "snapshot"), seen["times"]):
        shares = ", ".join(f"{share} %: {bound_of(counts, share) / 1000:g} ms" for share in (50, 90, 99, 99.9))
        yield Result(f"... time of an answer by the {source}, 99 %", bound_of(counts, 99) / 1000, "ms", 1000,
                     f"at most, {shares}", sum(counts))


def bound_of(counts, share):
    """The microseconds that SHARE per cent of answers took at most. COUNTS: of those below 2, 4, 8, ... microseconds."""
    below, wanted = 0, sum(counts) * share / 100
    for bucket, count in enumerate(counts):
        below += count
        if below >= wanted:
            return 2 << bucket
    return 0


def fairness(build, scale):
    """What one user can do to another's questions."""
    what = "one user takes all: another's worst query"
    if os.geteuid() != 0:
        yield Result(what, None, "ms", 100, "needs root, to be two users")
        return
    with Scene(build) as scene, scene.daemon(wrapper=["setsid"]) as daemon:  # as services are
        scene.run("fairness", 1)  # what the daemon keeps of a crowd, it keeps once
        before = size_alone(daemon)
        seen, = scene.run("fairness", scale.modest_queries)
        memory, descriptors = (after - first for after, first in zip(size_alone(daemon), before))
    yield from attacked(what, seen, memory, descriptors)


def size_alone(daemon):
    """Waits until the daemon has no other connection. Returns its memory and its number of descriptors."""
    with daemon.connect() as client:
        while client.call("Status")["parameters"]["connections"] > 1:
            time.sleep(0.01)
        return daemon.resident(), daemon.descriptors()


def attacked(what, seen, memory, descriptors):
    """The rows of a run of bench-fairness. MEMORY and DESCRIPTORS are what the daemon has more after it."""
    quiet, times = ([ns / 1e6 for ns in seen[phase]] for phase in ("quiet", "latency"))
    attacks = ", ".join(f"{name} {opened:,}" for name, (opened, _) in seen["attacks"].items())
    yield Result(what, max(times), "ms", 100,
                 f"of {len(times)}, 99 %: {percentile_99(times):.2f} ms; attempts: {attacks}", len(times),
                 figures=seen["attacks"])
    yield Result("... 99 % of its queries, against a quiet daemon", percentile_99(times) / percentile_99(quiet), "x", 2,
                 f"quiet: {percentile_99(quiet):.2f} ms; medians: {statistics.median(times):.2f} and "
                 f"{statistics.median(quiet):.2f} ms", len(times))
    yield Result("... queries refused", seen["refused"], "", 0, "of the same")
    yield Result("... memory that the daemon keeps", memory / 1024, "KiB", 1024, "")
    yield Result("... descriptors that the daemon keeps", descriptors, "", 0, "")


def fairness_control(build, scale):
    """The same for the control daemon, whom root asks."""
    what = "one user takes all: root's worst Identify"
    if os.geteuid() != 0 or not os.access(control_harness.AUDITFAIL_CONTROLD, os.X_OK):
        yield Result(what, None, "ms", 100, "needs root, to be two users, and auditfail-controld")
        return
    with Scene(build) as scene:
        daemon = control_harness.start_controld(scene.folder, scene.runtime / control_harness.CONTROL, "--idle-exit=0",
                                                wrapper=["setsid"], limits={resource.RLIMIT_NOFILE: 4096})
        try:
            scene.run("fairness", 1, "control")
            time.sleep(0.2)
            before = daemon.resident(), daemon.descriptors()
            seen, = scene.run("fairness", scale.modest_queries, "control")
            time.sleep(0.2)
            memory, descriptors = daemon.resident() - before[0], daemon.descriptors() - before[1]
        finally:
            daemon.close()
    yield from attacked(what, seen, memory, descriptors)


ROWS = {row.__name__: row for row in (connect, kept, peers, snapshot, calls, instructions, stub, activation, applications,
                                      connections, crowd, fairness, fairness_control)}
