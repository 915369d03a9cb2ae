"""What one fact costs on its way through the recorder, the ledger and all views, in batches of 1,000 changes.

Run with: python -m benchmarks.fact_path [--batches N] [--folder DIR]. It prints the median and the 95th percentile
in microseconds a fact, the time to acknowledge a single fact, and the ledger's size a fact. Aim: under 50 µs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from obsd.facts import OPERATIONS, Fact, FileChanged, WorkspaceAdded
from obsd.ledger import Ledger
from obsd.recorder import Recorder
from obsd.views import Views

BATCH_FACTS = 1000
FILES = 20_000
FILE_TYPES = ("python", "go", "markdown", "other")


def batch(number: int) -> list[Fact]:
    """Changes of files all over a tree, two thirds of them edits."""
    now = 1_800_000_000 + number * 10.0
    first = number * BATCH_FACTS
    return [
        FileChanged(
            at=now + n / 1000,
            workspace="w",
            path=f"src/package{(n * 7919) % 100}/module_{(n * 7919) % FILES}.py",
            operation="modified" if n % 3 else OPERATIONS[n % 4],
            file_type=FILE_TYPES[n % len(FILE_TYPES)],
            lines_added=n % 90,
            lines_removed=n % 7,
        )
        for n in range(first, first + BATCH_FACTS)
    ]


async def timed(recorder: Recorder, facts: Sequence[Fact]) -> float:
    """Seconds until the facts are acknowledged."""
    begun = time.perf_counter()
    await recorder.record(facts)
    return time.perf_counter() - begun


async def measure(folder: Path, batches: int) -> None:
    """Print what facts cost."""
    path = folder / "ledger.sqlite3"
    recorder = Recorder(Ledger.open(path), Views(time.time, "benchmark"))
    await recorder.start()
    await recorder.record([WorkspaceAdded(1_800_000_000.0, "w", "/srv/w")])
    costs = sorted([await timed(recorder, batch(number)) / BATCH_FACTS * 1e6 for number in range(batches)])
    singles = [await timed(recorder, [fact]) * 1e3 for fact in batch(batches)[:100]]
    size = await recorder.query(Ledger.size_bytes)
    await recorder.stop()
    print(f"a fact in a batch of {BATCH_FACTS}: median {statistics.median(costs):.1f} µs", end=", ")
    print(f"95 % under {costs[int(len(costs) * 0.95)]:.1f} µs")
    print(f"a single fact, to the disk and back: median {statistics.median(singles):.2f} ms")
    print(f"the ledger: {size / (batches * BATCH_FACTS):.0f} bytes a fact ({size / 1e6:.1f} MB)")


def main() -> None:
    """Measure in a temporary folder, or in one that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--folder", help="where the ledger is made: it decides how fast the disk is")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        asyncio.run(measure(Path(folder), options.batches))


if __name__ == "__main__":
    main()
