"""`make soak`: prints what obsd holds after each half minute of days; ends with 1 if it still grows at the end."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from benchmarks import processes, rig
from benchmarks.soak.days import Days, configuration
from benchmarks.telemetry import free_port
from tests.support import Daemon

EVERY_SECONDS = 30.0
MOST_GROWTH_MB = 2.0
"""From the third quarter of the run to the fourth, of the medians: more than the noise of an allocator."""


@dataclass(frozen=True, slots=True)
class Held:
    """What obsd holds at one time. Memory is proportional set size, in MB."""

    minutes: float
    days: int
    daemon: float
    watchers: float
    readers: float
    descriptors: int
    ledger: float
    series: int


def main() -> int:
    """Runs for as long as the command line says; the exit code."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    with rig.folder() as folder:
        address = f"127.0.0.1:{free_port()}"
        with rig.daemon(folder, configuration(address, 4_000_000)) as daemon:
            held = _soak(daemon, Days(daemon, folder, address), options.minutes * 60)
            assert "Traceback" not in daemon.log, daemon.log[-4000:]
    return _verdict(held)


def _soak(daemon: Daemon, days: Days, seconds: float) -> list[Held]:
    days.fill()
    print("".join(f"{field.name:>12}" for field in fields(Held)), flush=True)
    began, held = time.monotonic(), list[Held]()
    while (passed := time.monotonic() - began) < seconds:
        days.spend()
        if passed >= len(held) * EVERY_SECONDS:
            held.append(_look(daemon, passed, days.past))
            print(
                "".join(f"{value:12.1f}" if isinstance(value, float) else f"{value:12}" for value in astuple(held[-1])),
                flush=True,
            )
    return held


def _look(daemon: Daemon, passed: float, days: int) -> Held:
    watchers = rig.watchers(daemon)
    others = [pid for pid in processes.tree(daemon.pid) if pid != daemon.pid and pid not in watchers]
    return Held(
        passed / 60,
        days,
        processes.pss_bytes(daemon.pid) / 1e6,
        sum(processes.pss_bytes(pid) for pid in watchers) / 1e6,
        sum(processes.pss_bytes(pid) for pid in others) / 1e6,
        sum(1 for _ in Path(f"/proc/{daemon.pid}/fd").iterdir()),
        sum(path.stat().st_size for path in daemon.state.glob("ledger.sqlite3*")) / 1e6,
        len(daemon.scrape().series),
    )


def _verdict(held: Sequence[Held]) -> int:
    quarter = max(1, len(held) // 4)
    before, after = held[-2 * quarter : -quarter], held[-quarter:]
    failed = False
    for what in ("daemon", "watchers", "readers"):
        growth = statistics.median(getattr(one, what) for one in after) - statistics.median(
            getattr(one, what) for one in before
        )
        failed = failed or growth > MOST_GROWTH_MB
        print(f"{what}: {growth:+.1f} MB from the third quarter to the fourth")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
