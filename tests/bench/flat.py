# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Shows whether the cost of a query stays flat. Two daemons answer in turn, a small one and a large one. All processes are on
one core, so that the time between processes does not hide the cost.
"""
import os

from results import Result
from speed import latency

BOUND = 1.1


def compared(name, small, large, scale):
    """
    SMALL and LARGE are a scene, its daemon and how many applications the queries ask for in turn. The programs learn the
    query from the small daemon.
    """
    cpu = min(os.sched_getaffinity(0))
    for _, daemon, _ in (small, large):
        os.sched_setaffinity(daemon.pid, {cpu})
    for kind, how in (("query", "with connection"), ("query-kept", "kept")):
        ours, other = (f"{kind}={scene.runtime}:{count}" for scene, _, count in (large, small))
        figures = latency(small[0], ours, other, scale.flat_rounds, scale.batch, cpu, cpu)
        yield Result(f"{name}, {how}", figures["ratio"], "×", BOUND,
                     f"{figures['ours_us']:.1f} µs, and {figures['other_us']:.1f} µs", figures["samples"],
                     figures["spread"], figures)
