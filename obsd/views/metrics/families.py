"""Metric families: name, type, help text and labels. The families themselves are in `catalog.py`.

Any thread.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

Source = Literal["persisted", "live", "daemon"]
"""`persisted` families are counted from facts and restored from the ledger at start; `live` ones say how a workspace is
at the moment of a scrape, `daemon` ones how the daemon is."""

SUM = "sum"
"""Last label of the row that holds a histogram's sum; its other rows end with the number of their bucket."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `labels` come after `workspace`, which only the daemon's own metrics lack.

    `zeros` are the label values that exist at 0 from the moment a workspace is added. `buckets` are upper bounds
    without +Inf.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    zeros: tuple[tuple[str, ...], ...] = ((),)
    buckets: tuple[float, ...] = ()
    source: Source = "persisted"

    @property
    def daemon(self) -> bool:
        """Returns whether the metric has no label `workspace`."""
        return self.source == "daemon"

    def bucket(self, value: float) -> str:
        """Returns the label of the histogram bucket of a value."""
        return str(bisect_left(self.buckets, value))
