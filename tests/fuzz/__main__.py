"""`make fuzz`: each target for some seconds, what failed before first. Ends with 1 if anything was found.

What is found is kept in `tests/fuzz/corpus/<target>/`, and is a plain test from then on.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from types import FrameType

from tests.fuzz import live
from tests.fuzz.mutation import mutated
from tests.fuzz.targets import TARGETS, Target

CORPUS = Path(__file__).parent / "corpus"
SLOW_SECONDS = 5
_MOST_FINDINGS = 5


class TooSlow(Exception):
    """One input took longer than any may."""


def main() -> int:
    """Runs what the command line asks for; the exit code."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="for each target")
    parser.add_argument("--seed", type=int, default=1, help="another seed makes other inputs")
    parser.add_argument("--target", help="this one alone")
    options = parser.parse_args()
    signal.signal(signal.SIGALRM, _too_slow)
    found = 0
    for target in TARGETS:
        if options.target in (None, target.name):
            inputs, findings = fuzz(target, options.seconds, options.seed)
            print(f"{target.name:15} {inputs:8} inputs  {findings} found", flush=True)
            found += findings
    if options.target in (None, "live"):
        sent, texts = live.run(options.seconds, random.Random(options.seed))
        print(f"{'live':15} {sent:8} inputs  {len(texts)} found", *texts, sep="\n  " if texts else "", flush=True)
        found += len(texts)
    return 1 if found else 0


def fuzz(target: Target, seconds: float, seed: int) -> tuple[int, int]:
    """How many inputs were tried, and how many of them failed."""
    chance = random.Random(f"{seed} {target.name}")
    pool = [*target.seeds, *(path.read_bytes() for path in sorted((CORPUS / target.name).glob("*")))]
    tried = failed = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end and failed < _MOST_FINDINGS:
        data = pool[tried] if tried < len(pool) else mutated(chance.choice(pool), pool, chance)
        tried += 1
        try:
            one(target, data)
        except Exception:  # noqa: BLE001 - whatever it is, it is the finding
            failed += 1
            print(f"{target.name}: {keep(target, data)}\n{traceback.format_exc(limit=-3)}", flush=True)
    return tried, failed


def one(target: Target, data: bytes) -> None:
    """One input. Raises what it should not, and TooSlow."""
    signal.setitimer(signal.ITIMER_REAL, SLOW_SECONDS)
    try:
        target.run(data)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def keep(target: Target, data: bytes) -> Path:
    """Keeps an input that failed; returns where."""
    folder = CORPUS / target.name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"over {SLOW_SECONDS} s")


if __name__ == "__main__":
    sys.exit(main())
