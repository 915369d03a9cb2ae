"""How long the commands take that a newcomer waits for: set-up in a fresh clone, and obsctl's own start."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks import rig
from benchmarks.table import Row, spread
from tests.support import clean_environment, command

ROOT = Path(__file__).resolve().parent.parent


def run() -> list[Row]:
    """`make setup` with pip's usual cache, again when done, and the quickest verbs."""
    helps = [_milliseconds([*command("obsctl"), "--help"]) for _ in range(20)]
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        status = [_milliseconds([*command("obsctl"), "status"], daemon.environment) for _ in range(10)]
    return [
        *spread("commands", "`obsctl --help`", helps, "ms", 80),
        *spread("commands", "`obsctl status`", status, "ms"),
        *_setup(),
    ]


def _setup() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="obsd-bench-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        make = ["make", "-C", str(clone), "setup"]
        return [
            Row("commands", "`make setup` in a fresh clone", _milliseconds(make) / 1000, "s"),
            Row("commands", "`make setup` again", _milliseconds(make) / 1000, "s"),
        ]


def _milliseconds(arguments: list[str], environment: dict[str, str] | None = None) -> float:
    given = environment or clean_environment(Path.home())
    began = time.perf_counter()
    subprocess.run(arguments, env=given, check=True, capture_output=True)
    return (time.perf_counter() - began) * 1000
