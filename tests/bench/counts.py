# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rows that count what a query costs: system calls, and instructions in user space. They hold on every machine."""
import statistics

from results import Result
from scene import Missing, Scene


def counted(scene, kind, operation, rounds):
    """Returns the medians of the client's and the server's counts, and the counts of each round."""
    seen = scene.run("counts", kind, operation, rounds)
    return statistics.median(count["client"] for count in seen), statistics.median(count["server"] for count in seen), seen


def spread(values):
    return min(values), max(values)


def calls_of(scene, operation, name, bound, rounds):
    client, server, seen = counted(scene, "calls", operation, rounds)
    total = [count["client"] + count["server"] for count in seen]
    last = seen[-1]
    return Result(name, int(client + server), "", bound,
                  f"{client:.0f}: {', '.join(last['client_calls'])}; {server:.0f}: {', '.join(last['server_calls'])}",
                  len(seen), spread(total), {"client": client, "server": server, **last})


def calls(build, scale):
    """System calls of client and server together."""
    try:
        with Scene(build) as scene, scene.daemon():
            yield calls_of(scene, "ask", "system calls of a query, stub and daemon", 12, scale.count_rounds)
            yield calls_of(scene, "echo", "... of an echo", None, scale.count_rounds)
            yield calls_of(scene, "query-kept", "system calls on a kept connection", None, scale.count_rounds)
            yield calls_of(scene, "echo-kept", "... of an echo", None, scale.count_rounds)
    except Missing as why:
        yield Result("system calls of a query, stub and daemon", None, "", 12, str(why))


def instructions(build, scale):
    """Instructions in user space, the C library's included."""
    try:
        with Scene(build) as scene, scene.daemon():
            for operation, what, sides in (
                    ("ask", "a query", (("stub", "client", 4000), ("daemon", "server", 5000))),
                    ("query-kept", "a query on a kept connection", (("daemon", "server", 5000),)),
                    ("echo", "an echo", (("client", "client", None), ("server", "server", None)))):
                *_, seen = counted(scene, "steps", operation, scale.count_rounds)
                for name, side, bound in sides:
                    numbers = [count[side] for count in seen]
                    yield Result(f"instructions of {what}, {name}", int(statistics.median(numbers)), "", bound,
                                 f"median of {len(numbers)}, {min(numbers):,} to {max(numbers):,}", len(numbers),
                                 spread(numbers))
    except Missing as why:
        yield Result("instructions of a query, stub", None, "", 4000, str(why))
        yield Result("instructions of a query, daemon", None, "", 5000, str(why))
