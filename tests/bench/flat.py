# SPDX-License-Identifier: LGPL-2.1-or-later
"""
Rows that show whether the cost of a query stays flat. Two daemons answer in turn, a small one and a large one. All
processes are on one core, so that the time between processes does not hide the cost.
"""
import contextlib
import os

from results import Result
from scene import DESCRIPTORS, Scene
from speed import latency

BOUND = 1.1


def on_one_core(daemon):
    os.sched_setaffinity(daemon.pid, {min(os.sched_getaffinity(0))})
    return daemon


def rows(name, small, large, scale):
    """SMALL and LARGE are a scene and its number of applications. The programs learn the query from the small daemon."""
    cpu = min(os.sched_getaffinity(0))
    for kind, how in (("query", "with connection"), ("query-kept", "kept")):
        ours, other = (f"{kind}={scene.runtime}:{count}" for scene, count in (large, small))
        figures = latency(small[0], ours, other, scale.flat_rounds, scale.batch, cpu, cpu)
        yield Result(f"{name}, {how}", figures["ratio"], "×", BOUND,
                     f"{figures['ours_us']:.1f} µs, and {figures['other_us']:.1f} µs", figures["samples"],
                     figures["spread"], figures)


def flat_applications(build, scale):
    """The queries ask for all applications of a daemon in turn."""
    with contextlib.ExitStack() as stack:
        scenes = [stack.enter_context(Scene(build, applications=count)) for count in scale.applications]
        for scene in scenes:
            on_one_core(stack.enter_context(scene.daemon()))
        small = scenes[0], scale.applications[0]
        for scene, count in list(zip(scenes, scale.applications))[1:]:
            yield from rows(f"query with {count:,} applications, against 1", small, (scene, count), scale)


def flat_connections(build, scale):
    """Both daemons have as many applications; one has idle connections that have asked once."""
    # The daemon lets any one user but root have half of its descriptors; and some are needed for what measures.
    room = (DESCRIPTORS if os.geteuid() == 0 else DESCRIPTORS // 2) - 200
    count = min(scale.connections[-1], room)
    with contextlib.ExitStack() as stack:
        small, large = (stack.enter_context(Scene(build)) for _ in range(2))
        daemon = None
        for scene in (small, large):
            daemon = on_one_core(stack.enter_context(scene.daemon()))
        for _ in range(count):
            client = stack.enter_context(daemon.connect())
            client.call("Query", application="app-00000")
        yield from rows(f"query with {count:,} connections, against 1", (small, 100), (large, 100), scale)
