"""`make chaos`: each attack for some seconds. Prints a table; ends with 1 if obsd lost, doubled or hid anything."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.chaos import kills, ledgers, limits, repositories
from tests.chaos.arena import Arena, NotHere

ATTACKS: tuple[Callable[[Arena], None], ...] = (
    kills.kills,
    ledgers.power_cuts,
    repositories.special_files,
    repositories.configurations,
    repositories.other_users,
    limits.full_disk,
    limits.descriptors,
    limits.processes,
    limits.inotify,
)


def main() -> int:
    """Runs what the command line asks for; the exit code."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="for each attack")
    parser.add_argument("--seed", type=int, default=1, help="another seed does other things in another order")
    parser.add_argument("--attack", choices=[attack.__name__ for attack in ATTACKS], help="this one alone")
    options = parser.parse_args()
    chosen = [attack for attack in ATTACKS if options.attack in (None, attack.__name__)]
    failed = sum(not _survived(attack, options.seconds, options.seed) for attack in chosen)
    return 1 if failed else 0


def _survived(attack: Callable[[Arena], None], seconds: float, seed: int) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="ch", dir="/tmp"))
    arena = Arena(folder, random.Random(f"{seed} {attack.__name__}"), seconds)
    began = time.monotonic()
    result = "survived"
    try:
        attack(arena)
    except NotHere as reason:
        result = f"left out: {reason}"
    except (Exception, SystemExit):  # noqa: BLE001 - whatever it is, it is the finding
        result = f"FAILED; what is left of it is in {folder}\n{traceback.format_exc()}"
    done = ", ".join(f"{count} {what}" for what, count in sorted(arena.done.items()))
    print(f"{attack.__name__:16} {time.monotonic() - began:5.0f} s  {result}  {done}", flush=True)
    if not result.startswith("FAILED"):
        shutil.rmtree(folder, ignore_errors=True)
    return not result.startswith("FAILED")


if __name__ == "__main__":
    sys.exit(main())
