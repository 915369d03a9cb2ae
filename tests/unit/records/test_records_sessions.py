"""Which session a process works for, by the files that agents keep while they run."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from obsd.daemon.authors import SESSION_OF
from obsd.records.sessions import ProcessSession, ProcessSessions
from obsd.records.user import User
from tests.support import clean_environment

SESSION = "d374b0f1-61de-4aca-b4f7-815f136c98a9"
THREAD = "01a218eb-cdf5-7fb1-b19f-21fd87643bd9"
CHILD = "01a218f3-988a-77d1-89a4-a3e0007a493c"


@pytest.fixture
def pid(short_tmp: Path) -> Iterator[int]:
    """A process that waits, and holds open the files that it is given on its standard input."""
    program = (
        "import sys\nheld = [open(line.strip()) for line in sys.stdin if print('ok', flush=True) is None]\ninput()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, env=clean_environment(short_tmp), text=True
    )
    yield process.pid
    process.kill()
    process.communicate()


def found(home: Path, pid: int) -> ProcessSession | None:
    return ProcessSessions(User(str(home), {}, os.geteuid())).find(pid)


def ticks_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def write(path: Path, said: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said))


def test_claude_code_by_its_file_and_the_start_of_the_process(short_tmp: Path, pid: int) -> None:
    said = {"pid": pid, "sessionId": SESSION, "cwd": "/home/ann/w/s1", "procStart": ticks_of(pid)}
    path = short_tmp / f".claude/sessions/{pid}.json"
    write(path, said)
    assert found(short_tmp, pid) == ProcessSession("claude-code", SESSION, "/home/ann/w/s1")
    for wrong in ({"procStart": "1"}, {"pid": 1}, {"sessionId": "no id\n"}, {"procStart": int(ticks_of(pid))}):
        write(path, said | wrong)
        assert found(short_tmp, pid) is None, "another process had this number, or the file says something else"
    path.write_text("{half")
    assert found(short_tmp, pid) is None


def test_copilot_by_its_lock(short_tmp: Path, pid: int) -> None:
    lock = short_tmp / f".copilot/session-state/{SESSION}/inuse.{pid}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    assert found(short_tmp, pid) == ProcessSession("copilot-cli", SESSION)
    os.utime(lock, (1, 1))
    assert found(short_tmp, pid) is None, "left behind by another process of that number"


def test_cline_by_its_manifest_and_not_when_it_serves_several(short_tmp: Path, pid: int) -> None:
    now = datetime.fromtimestamp(time.time(), UTC).isoformat()
    said = {"session_id": "1_a", "pid": pid, "status": "running", "started_at": now, "cwd": "/home/ann/w/s1"}
    write(short_tmp / ".cline/data/sessions/1_a/1_a.json", said)
    write(short_tmp / ".cline/data/sessions/2_b/2_b.json", {**said, "session_id": "2_b", "status": "completed"})
    assert found(short_tmp, pid) == ProcessSession("cline", "1_a", "/home/ann/w/s1")
    write(short_tmp / ".cline/data/sessions/3_c/3_c.json", {**said, "session_id": "3_c"})
    assert found(short_tmp, pid) is None


def test_codex_by_the_rollout_that_it_holds_open(short_tmp: Path) -> None:
    folder = short_tmp / ".codex/sessions/2026/11/26"
    folder.mkdir(parents=True)
    first = folder / f"rollout-2026-11-26T17-33-56-{THREAD}.jsonl"
    child = folder / f"rollout-2026-11-26T17-42-27-{CHILD}.jsonl"
    with first.open("w"), child.open("w"), (short_tmp / f"rollout-1-{SESSION}.jsonl").open("w"):
        assert found(short_tmp, os.getpid()) == ProcessSession("codex", THREAD)
    assert found(short_tmp, os.getpid()) is None


def test_processes_that_are_gone_have_no_session(short_tmp: Path, pid: int) -> None:
    write(short_tmp / ".claude/sessions/999999999.json", {"pid": 999999999, "sessionId": SESSION, "procStart": "1"})
    assert found(short_tmp, 999999999) is None
    assert found(short_tmp, pid) is None


def test_the_kernels_reader_asks_by_process_alone(short_tmp: Path, pid: int) -> None:
    sessions = ProcessSessions(User(str(short_tmp), {}, os.geteuid()))
    said = {"pid": pid, "sessionId": SESSION, "procStart": ticks_of(pid)}
    write(short_tmp / f".claude/sessions/{pid}.json", said)
    assert sessions.session_of(pid) == SESSION
    assert sessions.session_of(1) == ""
    assert sessions.session_of(2**22 + 1) == "", "there is no such process"
    module, _, function = SESSION_OF.partition(":")
    assert getattr(importlib.import_module(module), function)(2**22 + 1) == ""
