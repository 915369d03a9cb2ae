"""A mass deletion in a workspace with a history is told by the daemon: in words, in metrics, in the report and live."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from obsd.facts import Fact
from tests.support import Daemon, Repository
from tests.unit.recording import Clock, changed, recording, run

FILES = 300


def habit(until: float) -> list[Fact]:
    """Five minutes after five minutes of a few edits, for 100 of them."""
    return [
        changed(f"f{edit}.py", at=until - window * 300 + edit)
        for window in range(100, 1, -1)
        for edit in range(2 + window % 3)
    ]


def test_a_mass_deletion_is_told_everywhere(obsd_daemon: Daemon, make_repository: Callable[..., Repository]) -> None:
    repository = make_repository("w")
    for number in range(FILES):
        repository.write(f"old/f{number}.py", "x = 1\n")
    repository.commit("feat: begin with many files")
    obsd_daemon.add(repository.path, "w")
    obsd_daemon.stop()

    async def story(path: Path) -> None:
        async with recording(path, Clock(time.time())) as recorder:
            await recorder.record(habit(time.time()))

    run(story, obsd_daemon.state / "ledger.sqlite3")
    obsd_daemon.start()
    for number in range(FILES):
        (repository.path / f"old/f{number}.py").unlink()
    obsd_daemon.settle("w")
    samples = obsd_daemon.wait_for("obsd_anomalies_total", 1, workspace="w", kind="deletions")
    assert (samples.value("obsd_anomaly_score", workspace="w", kind="deletions") or 0) > 3
    [found] = obsd_daemon.json("report")["anomalies"]
    assert found["kind"] == "deletions"
    assert found["reason"] == f"{FILES} deletions in 5 min; usual is 0, at most 0"
    [row] = [line for line in obsd_daemon.obsctl("top").stdout.splitlines() if line.startswith("w ")]
    assert any(float(number) > 3 for number in re.findall(r"\b\d+\.\d\b", row)), row
    assert found["reason"] in obsd_daemon.obsctl("report").stdout
    obsd_daemon.restart()
    assert obsd_daemon.scrape().value("obsd_anomalies_total", workspace="w", kind="deletions") == 1
