# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rows of the benchmark. Each is a function of (build, scale) that yields Results and Growth tables."""
import dataclasses
import json
import os
import random
import select
import statistics
import subprocess
import time

from scene import DESCRIPTORS, Scene, harness, proportional_memory


PROCESSES = 10  # that the rounds of one case are spread over


@dataclasses.dataclass
class Scale:
    """How much is measured: all of it in a minute, or enough in some seconds to see that it works."""

    rounds: int = 2000
    batch: int = 10  # operations of ours, then of the floor: few, so that what disturbs one pair spares the others
    growth_rounds: int = 250
    applications: tuple = (1, 100, 10_000, 100_000)
    connections: tuple = (1, 100, 10_000)
    activations: int = 20
    crowd: int = 2000
    kills: int = 100
    modest_queries: int = 1000


QUICK = Scale(rounds=100, growth_rounds=50, applications=(1, 100, 1000), connections=(1, 100, 1000), activations=5,
              crowd=200, kills=10, modest_queries=100)


@dataclasses.dataclass
class Result:
    """A figure and the bound that it must not pass. VALUE is None where it cannot be measured; NOTE then says why."""

    what: str
    value: float | None
    unit: str
    bound: float
    note: str
    figures: dict = dataclasses.field(default_factory=dict)

    def verdict(self):
        if self.value is None:
            return "not measured"
        return "ok" if self.value <= self.bound else "MISSES its bound"


@dataclasses.dataclass
class Growth:
    """How figures change with a number that grows: a table without bounds."""

    what: str
    columns: list
    rows: list


def percentile_99(values):
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


def latency(scene, case, rounds, batch, *cpus):
    """
    Ours and its floor in turn. Times are nanoseconds; the ratio is the median of the rounds' own ratios.

    Where the kernel puts client and server (on one core, or on two, which takes twice as long) is up to it, unless CPUS
    says so, and often stays so for the life of a process: so the rounds are spread over some of them.
    """
    pairs = [pair for _ in range(PROCESSES)
             for pair in scene.run("latency", case, rounds // PROCESSES, batch, *cpus)]
    ours = [ns for pair in pairs for ns in pair["ours"]]
    floor = [ns for pair in pairs for ns in pair["floor"]]
    return {"ratio": statistics.median(sum(pair["ours"]) / sum(pair["floor"]) for pair in pairs),
            "ours_us": statistics.median(ours) / 1000, "ours_99_us": percentile_99(ours) / 1000,
            "floor_us": statistics.median(floor) / 1000, "floor_99_us": percentile_99(floor) / 1000}


def placed(build, scale, case, what, bound):
    """Client and server on two cores, as they mostly are, and on one, as on a busy machine."""
    cpus = sorted(os.sched_getaffinity(0))
    with Scene(build) as scene, scene.daemon() as daemon:
        for where, cpu in (("two cores", cpus[-1]), ("one core", cpus[0])):
            os.sched_setaffinity(daemon.pid, {cpu})
            figures = latency(scene, case, scale.rounds, scale.batch, cpus[0], cpu)
            yield compared(f"{what}, {where}", figures, bound, "echo")


def compared(what, figures, bound, floor):
    note = (f"{figures['ours_us']:.1f} µs (99 %: {figures['ours_99_us']:.1f}), "
            f"{floor} {figures['floor_us']:.1f} µs ({figures['floor_99_us']:.1f})")
    return Result(what, figures["ratio"], "×", bound, note, figures)


def connect(build, scale):
    yield from placed(build, scale, "connect", "one query, connection and all", 1.3)


def kept(build, scale):
    yield from placed(build, scale, "kept", "one query on a kept connection", 1.6)


def snapshot(build, scale):
    with Scene(build) as scene:
        with scene.daemon():
            pass
        figures = latency(scene, "snapshot", scale.rounds, scale.batch)
    floor = "get_auditfail_action()"
    if not os.path.exists("/etc/libaudit.conf"):
        floor += " without /etc/libaudit.conf"
    yield compared("answer from the snapshot, no daemon", figures, 0.6, floor)


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
    """Seconds from connect() to the answer, when the daemon is started because somebody connects."""
    before = time.monotonic()
    with harness.Client(scene.socket) as client:
        client.send("io.auditfail.Policy.Query", {"application": "app-00000"})
        select.select([listener], [], [])
        daemon = scene.start(sockets=[listener])
        try:
            client.reply()
            return time.monotonic() - before
        finally:
            daemon.kill()
            daemon.close()


def activation(build, scale):
    with Scene(build, applications=100) as scene, scene.listening() as listener:
        times = [1000 * activate(scene, listener) for _ in range(scale.activations)]
    yield Result("activation, 100 applications", statistics.median(times), "ms", 20,
                 f"median of {len(times)}, worst {max(times):.1f} ms")


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


def applications(build, scale):
    """More and more applications: time to start, to answer, to load anew, and memory."""
    rows = []
    with Scene(build, applications=0) as scene:
        for count in scale.applications:
            scene.grow(count)
            before = time.monotonic()
            with scene.daemon() as daemon:
                started = 1000 * (time.monotonic() - before)
                memory = proportional_memory(daemon.pid)
                connected = latency(scene, "connect", scale.growth_rounds, scale.batch)
                kept_open = latency(scene, "kept", scale.growth_rounds, scale.batch)
                reloaded, slowest = reload_meanwhile(scene, daemon)
            rows.append([count, connected["ours_us"], connected["ratio"], kept_open["ours_us"], kept_open["ratio"],
                         started, reloaded, slowest, memory / 1024])
    yield Growth("applications", ["applications", "connect µs", "× echo", "kept µs", "× echo", "start ms", "reload ms",
                                  "worst query ms", "memory MiB"], rows)
    yield Result("auditfaild at rest", rows[0][-1], "MiB", 4, f"Pss, {rows[0][0]} application")
    yield Result(f"auditfaild, {rows[-1][0]:,} applications", rows[-1][-1], "MiB", 64, "Pss")


def connections(build, scale):
    """More and more idle connections, each of which has asked once."""
    # The daemon lets any one user but root have half of its descriptors; and some are needed for what measures.
    room = (DESCRIPTORS if os.geteuid() == 0 else DESCRIPTORS // 2) - 200
    rows = []
    with Scene(build) as scene, scene.daemon() as daemon:
        # As much as the daemon ever needs for itself, before the first connection that stays.
        latency(scene, "kept", PROCESSES, scale.batch)
        at_rest = proportional_memory(daemon.pid)
        idle = []
        for count in (min(count, room) for count in scale.connections):
            while len(idle) < count:
                idle.append(daemon.connect())
                idle[-1].call("Query", application="app-00000")
            held = daemon.call("Status")["parameters"]["connections"]
            if held < count:
                raise RuntimeError(f"the daemon holds {held} of {count} connections")
            memory = proportional_memory(daemon.pid)
            connected = latency(scene, "connect", scale.growth_rounds, scale.batch)
            kept_open = latency(scene, "kept", scale.growth_rounds, scale.batch)
            rows.append([count, connected["ours_us"], connected["ratio"], kept_open["ours_us"], kept_open["ratio"],
                         memory / 1024])
        for client in idle:
            client.close()
    yield Growth("idle connections", ["connections", "connect µs", "× echo", "kept µs", "× echo", "memory MiB"], rows)
    yield Result("memory per idle connection", max(0, memory - at_rest) / len(idle), "KiB", 2,
                 f"Pss, {len(idle):,} connections that have asked once")


def crowd(build, scale):
    """Everyone asks at once, while the daemon is reloaded, killed and started again on the same socket."""
    chance = random.Random(1)
    with Scene(build, applications=300) as scene, scene.listening() as listener:
        daemon = scene.start(sockets=[listener]).ready()
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
                 seen)


def fairness(build, scale):
    """What one user can do to another's questions."""
    what = "one user takes all: another's worst query"
    if os.geteuid() != 0:
        yield Result(what, None, "ms", 100, "needs root, to be two users")
        return
    with Scene(build) as scene, scene.daemon(wrapper=["setsid"]):  # as services are
        seen, = scene.run("fairness", scale.modest_queries)
    times = [ns / 1e6 for ns in seen["latency"]]
    attacks = ", ".join(f"{name} {opened:,}" for name, (opened, _) in seen["attacks"].items())
    yield Result(what, max(times), "ms", 100,
                 f"of {len(times)}, 99 %: {percentile_99(times):.1f} ms; attempts: {attacks}", seen["attacks"])
    yield Result("... queries refused", seen["refused"], "", 0, "of the same")


ROWS = {row.__name__: row for row in (connect, kept, snapshot, stub, activation, applications, connections, crowd,
                                      fairness)}
