"""`python -m benchmarks [NAME...]`: runs the measurements named (all of the daemon's unless named) as one table."""

from __future__ import annotations

import argparse
import importlib
import sys

from benchmarks.table import Row, machine, show

SETS = {
    "daemon": ["idle", "latency", "commands"],
    "commits": ["commits"],
    "large": ["large"],
    "presence": ["presence"],
    "report": ["report"],
    "page": ["page"],
    "top": ["top"],
    "anomalies": ["anomalies"],
    "patterns": ["patterns"],
    "telemetry": ["telemetry"],
    "writers": ["writers"],
    "records": ["records"],
    "lines": ["lines"],
    "engine": ["engine.flood", "engine.steady", "engine.start", "engine.checkout", "engine.idle"],
}


def main() -> int:
    """Prints the table; a measurement that fails is said and does not stop the others."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    choices = [*SETS, *(name for names in SETS.values() for name in names)]
    parser.add_argument("names", nargs="*", default=["daemon"], metavar="NAME", help=", ".join(choices))
    names = [name for given in parser.parse_args().names for name in SETS.get(given, [given])]
    rows: list[Row] = []
    failed = False
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        try:
            rows += importlib.import_module(f"benchmarks.{name}").run()
        except (AssertionError, OSError, RuntimeError) as error:
            failed = True
            print(f"{name} failed: {error}", file=sys.stderr)
    print(f"{machine()}\n\n{show(rows)}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
