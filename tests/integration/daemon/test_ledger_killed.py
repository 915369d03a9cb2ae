"""What was acknowledged survives SIGKILL, once, with the numbers that belong to it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from obsd.ledger import Ledger
from tests.unit.recording import number, recording

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import asyncio, sys
from pathlib import Path
from tests.unit.recording import added, changed, commit, recording

async def main(path, first):
    async with recording(path) as recorder:
        await recorder.record([added()])
        for n in range(first, 10**6):
            await recorder.record([commit(n), changed(f"{n}.py")])
            print(n, flush=True)

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def killed_writer(path: Path, first: int, after: int) -> int:
    """Have a process record from a number on, kill it some acknowledgements later; the last acknowledged number."""
    command = [sys.executable, "-c", WRITER, str(path), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(after):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        rest = [int(line) for line in process.stdout.read().split("\n")[:-1]]
    return rest[-1] if rest else first + after - 1


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    acknowledged = 0
    for after in (1, 7, 50, 23, 120):
        acknowledged = killed_writer(path, acknowledged + 1, after)

        async def look() -> tuple[int, int, float | None, float | None]:
            async with recording(path) as recorder:
                commits = len(await recorder.query(Ledger.commits))
                changes = len(await recorder.query(Ledger.changes))
                counted = number(recorder.views, "git_commits_total", author="Ada", branch="main")
                lines = number(recorder.views, "copilot_lines_changed_sum", file_type="python")
                return commits, changes, counted, lines

        commits, changes, counted, lines = asyncio.run(look())
        # One more may have been written whose acknowledgement nobody read.
        assert commits in (acknowledged, acknowledged + 1)
        assert (changes, counted, lines) == (commits, commits, 3 * commits)
        acknowledged = commits
