# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rows that count what a query costs: system calls, and instructions in user space. They hold on every machine."""
import statistics

from results import Result
from scene import Missing, Scene

CALL_ROUNDS = 5  # they take no time; in some, the daemon may report its decision


def result(name, numbers, bound, note, figures):
    return Result(name, int(statistics.median(numbers)), "", bound, note, len(numbers), (min(numbers), max(numbers)),
                  figures)


def calls(build, scale):
    """System calls of client and server together."""
    with Scene(build) as scene, scene.daemon():
        for operation, name, bound in (("ask", "system calls of a query, stub and daemon", 12),
                                       ("echo", "... of an echo with its connection", None),
                                       ("varlink", "... of a call on sd-varlink with its connection", None),
                                       ("query-kept", "system calls on a kept connection", None),
                                       ("echo-kept", "... of an echo on a kept connection", None)):
            try:
                seen = scene.run("counts", "calls", operation, CALL_ROUNDS)
            except Missing as why:
                yield Result(name, None, "", bound, str(why))
                continue
            totals = [count["client"] + count["server"] for count in seen]
            typical = seen[totals.index(statistics.median_low(totals))]
            parts = [f"{typical[side]}: {', '.join(typical[f'{side}_calls'])}" for side in ("client", "server")]
            yield result(name, totals, bound, "; ".join(parts), typical)


def instructions(build, scale):
    """Instructions in user space, the C library's included."""
    with Scene(build) as scene, scene.daemon():
        for operation, what, sides in (
                ("ask", "a query", (("stub", "client", 4000), ("daemon", "server", 5000))),
                ("query-kept", "a query on a kept connection", (("daemon", "server", 5000),)),
                ("echo", "an echo", (("client", "client", None), ("server", "server", None))),
                ("varlink", "a call on sd-varlink", (("client", "client", None), ("service", "server", None)))):
            try:
                seen = scene.run("counts", "steps", operation, scale.count_rounds)
            except Missing as why:
                for name, _, bound in sides:
                    yield Result(f"instructions of {what}, {name}", None, "", bound, str(why))
                continue
            for name, side, bound in sides:
                numbers = [count[side] for count in seen]
                yield result(f"instructions of {what}, {name}", numbers, bound,
                             f"median of {len(numbers)}, {min(numbers):,} to {max(numbers):,}", seen[-1])
