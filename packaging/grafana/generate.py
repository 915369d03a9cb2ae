"""Writes the dashboards' JSON beside itself, or with --check says whether what lies there is what it would write.

Owns the list of dashboards and the form of the files. Run it after every change of what lies here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import agents
import dashboards
import fleet
import health
import telemetry

FOLDER = Path(__file__).resolve().parent / "dashboards"
BOARDS = (
    dashboards.activity,
    agents.agents,
    dashboards.rules,
    health.health,
    fleet.fleet,
    telemetry.telemetry,
)


def texts() -> dict[str, str]:
    """The files by name."""
    boards = [make() for make in BOARDS]
    return {f"{board['uid']}.json": json.dumps(board, indent=2, ensure_ascii=False) + "\n" for board in boards}


def main() -> int:
    """Writes, or checks; the exit code."""
    wanted = texts()
    if sys.argv[1:] == ["--check"]:
        found = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
        stale = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
        print("\n".join(stale), end="\n" if stale else "")
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
