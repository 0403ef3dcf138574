# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a row of the benchmark yields, and how much is measured for it."""
import dataclasses


@dataclasses.dataclass
class Scale:
    """How much is measured: all of it in some minutes, or enough in some seconds to see that it works."""

    rounds: int = 2000
    batch: int = 10  # operations of each side in turn: few, so that a disturbance of one pair spares the others
    peer_rounds: int = 500
    flat_rounds: int = 1000
    count_rounds: int = 3
    applications: tuple = (1, 100, 100_000)
    connections: int = 10_000
    activations: int = 21
    starts: int = 5
    crowd: int = 2000
    kills: int = 100
    modest_queries: int = 1000


QUICK = Scale(rounds=100, peer_rounds=50, flat_rounds=50, applications=(1, 100, 1000),
              connections=1000, activations=5, starts=3, crowd=200, kills=10, modest_queries=100)
TINY = Scale(rounds=10, batch=2, peer_rounds=10, flat_rounds=10, count_rounds=1, applications=(1, 10),
             connections=10, activations=1, starts=1, crowd=10, kills=2, modest_queries=10)


@dataclasses.dataclass
class Result:
    """
    A figure and the bound that it must not pass. VALUE is None where it cannot be measured; NOTE then says why. BOUND is
    None for a figure that is only shown. SPREAD is the first and the third quartile of the SAMPLES.
    """

    name: str
    value: float | None
    unit: str
    bound: float | None
    note: str
    samples: int = 1
    spread: tuple | None = None
    figures: dict = dataclasses.field(default_factory=dict)

    @property
    def met(self):
        """Whether the bound holds; None if there is no bound or no figure."""
        return None if self.value is None or self.bound is None else self.value <= self.bound

    def verdict(self):
        if self.value is None:
            return "not measured"
        return {None: "", True: "ok", False: "MISSES its bound"}[self.met]


@dataclasses.dataclass
class Growth:
    """How figures change with a number that grows: a table without bounds."""

    name: str
    columns: list
    rows: list
