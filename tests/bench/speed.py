# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Rows that compare the time of two operations. Each round measures some of ours and as many of the other's in turn, and
the figure is the median of the rounds' ratios. The floor of a query is a bare AF_UNIX echo that moves as many bytes.
"""
import contextlib
import os
import statistics

from results import Result
from scene import Missing, Scene

PROCESSES = 10  # that the rounds of one comparison are spread over


def percentile_99(values):
    return sorted(values)[max(0, -(-len(values) * 99 // 100) - 1)]


def quartiles(values):
    return tuple(statistics.quantiles(values, n=4)[::2]) if len(values) > 1 else (values[0], values[0])


def latency(scene, ours, other, rounds, batch, *cpus):
    """
    Compares two operations of operation.c. Times are nanoseconds.

    Where the kernel puts client and server (on one core, or on two, which takes longer) is up to it, unless CPUS says so,
    and often stays so for the life of a process: so the rounds are spread over some of them.
    """
    pairs = [pair for _ in range(PROCESSES)
             for pair in scene.run("latency", ours, other, -(-rounds // PROCESSES), batch, *cpus)]
    ratios = [sum(pair["ours"]) / sum(pair["other"]) for pair in pairs]
    ours_ns = [ns for pair in pairs for ns in pair["ours"]]
    other_ns = [ns for pair in pairs for ns in pair["other"]]
    return {"ratio": statistics.median(ratios), "samples": len(ratios), "spread": quartiles(ratios),
            "ours_us": statistics.median(ours_ns) / 1000, "ours_99_us": percentile_99(ours_ns) / 1000,
            "other_us": statistics.median(other_ns) / 1000, "other_99_us": percentile_99(other_ns) / 1000}


def compared(name, figures, bound, other):
    note = (f"{figures['ours_us']:.1f} µs (99 %: {figures['ours_99_us']:.1f}), "
            f"{other} {figures['other_us']:.1f} µs ({figures['other_99_us']:.1f})")
    return Result(name, figures["ratio"], "×", bound, note, figures["samples"], figures["spread"], figures)


@contextlib.contextmanager
def placed(daemon):
    """Yields (name, processors of client and server): two cores, as they mostly are, and one, as on a busy machine."""
    cpus = sorted(os.sched_getaffinity(0))
    places = [("one core", cpus[0], cpus[0])]
    if len(cpus) > 1:
        places.insert(0, ("two cores", cpus[0], cpus[-1]))

    def each():
        for name, client, server in places:
            os.sched_setaffinity(daemon.pid, {server})
            yield name, (client, server)
    yield each()


def against(build, rounds, batch, name, ours, other, bound, other_name):
    """Compares two operations on two cores and on one."""
    with Scene(build) as scene, scene.daemon() as daemon, placed(daemon) as places:
        for where, cpus in places:
            try:
                figures = latency(scene, ours, other, rounds, batch, *cpus)
            except Missing as why:
                yield Result(f"{name}, {where}", None, "×", bound, str(why))
            else:
                yield compared(f"{name}, {where}", figures, bound, other_name)


def connect(build, scale):
    yield from against(build, scale.rounds, scale.batch, "one query, connection and all", "ask", "echo", 1.3, "echo")


def kept(build, scale):
    yield from against(build, scale.rounds, scale.batch, "one query on a kept connection", "query-kept", "echo-kept", 1.6,
                       "echo")


def peers(build, scale):
    """The same question and answer through other libraries."""
    for peer, name, bound in (("varlink", "sd-varlink", 0.6), ("dbus", "D-Bus", 0.3)):
        yield from against(build, scale.peer_rounds, scale.batch, f"one query, against {name}", "ask", peer, bound, name)
        yield from against(build, scale.peer_rounds, scale.batch, f"one query, kept, against {name}", "call-kept",
                           f"{peer}-kept", bound, name)


def snapshot(build, scale):
    libaudit = "get_auditfail_action()"
    if not os.path.exists("/etc/libaudit.conf"):
        libaudit += " without /etc/libaudit.conf"
    with Scene(build) as scene:
        with scene.daemon():
            for other, name, text in (("libaudit", "get_auditfail_action()", libaudit), ("file", "a file", "a file")):
                figures = latency(scene, "ask", other, scale.peer_rounds, scale.batch)
                yield compared(f"one query, against {name}", figures, None, text)
        figures = latency(scene, "snapshot", "libaudit", scale.rounds, scale.batch)
        yield compared("answer from the snapshot, no daemon", figures, 0.6, libaudit)
        figures = latency(scene, "snapshot", "file", scale.peer_rounds, scale.batch)
        yield compared("... against open, read, close of a file", figures, None, "file")
