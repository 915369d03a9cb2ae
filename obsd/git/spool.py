r"""The spool: one small file for each run of a hook, until the daemon has taken it.

Owns the format and the rules of the folder; `hook.sh` beside this module is the writer. Plain file reads on the
caller's thread; imports nothing heavy, because obsctl drains the spool too.

A file is `obsd-report 1\n`, then fields, each a line `name length` and a line with that many bytes, then `end\n`. A
length stands before every value because a path may hold newlines and sh cannot escape. A file without its last line
is still being written, or was cut off by a full disk: it is left alone until it is old, then dropped. File names are
slots (0 to 4095): a full spool gives its oldest slots away, and so it is bounded without anybody counting.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from obsd.git.hook_report import REPORTING, Process, Report

SLOTS = 4096
MAX_FILE_BYTES = 32 * 1024
MAX_TOTAL_BYTES = SLOTS * MAX_FILE_BYTES
DRAINER = "drainer"
"""Holds the pid of the obsctl that drains: a hook that finds it alive starts no other."""

LOCK = "lock"
LINGER_SECONDS = 1.0
_LINGER_STEP_SECONDS = 0.02
_HEADER = b"obsd-report 1\n"
_END = b"end\n"
_OLD_SECONDS = 60.0
_MAX_FIELDS = 128
_LOCK_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Spooled:
    """A report and the file that it came from; the file is identified, because a slot can be used again."""

    path: Path
    identity: tuple[int, int, int]
    report: Report


class BadSpoolFile(ValueError):
    """The file is complete, and no report."""


def prepare(spool: Path) -> None:
    """Makes the folder, for its owner alone. Idempotent."""
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)


def read(spool: Path) -> list[Spooled]:
    """All complete reports, oldest first. Files that can never be read are removed; a missing folder is empty."""
    found = []
    for path, status in _files(spool):
        report, lasting = _parsed(path, status)
        if report is not None:
            found.append(Spooled(path, _identity(status), report))
        elif not lasting:
            path.unlink(missing_ok=True)
    return sorted(found, key=lambda item: item.report.reported_at)


def read_new(spool: Path, known: frozenset[tuple[str, int]]) -> tuple[list[Report], frozenset[tuple[str, int]]]:
    """The complete reports that are not among `known` (names and mtimes), and what is known now; removes nothing."""
    files = {(path.name, status.st_mtime_ns): (path, status) for path, status in _files(spool)}
    parsed = {key: _parsed(*file)[0] for key, file in files.items() if key not in known}
    reports = {key: report for key, report in parsed.items() if report is not None}
    new = sorted(reports.values(), key=lambda report: report.reported_at)
    return new, frozenset(files.keys() & known) | frozenset(reports)


def _parsed(path: Path, status: os.stat_result) -> tuple[Report | None, bool]:
    """The report in a file, and where there is none whether one may still come: it is being written, or unreadable."""
    try:
        report = parse(path.read_bytes(), _report_id(path, status), status.st_mtime_ns / 1e9)
    except OSError:
        return None, True
    except BadSpoolFile:
        return None, False
    return report, time.time() - status.st_mtime <= _OLD_SECONDS


def remove(taken: Sequence[Spooled]) -> None:
    """Removes the files of reports that were taken or can never be, unless their slot was used again."""
    for item in taken:
        try:
            if _identity(item.path.lstat()) == item.identity:
                item.path.unlink()
        except OSError:
            continue


def backlog(spool: Path) -> int:
    """How many reports wait."""
    return sum(1 for _ in _files(spool))


def parse(data: bytes, report_id: str, reported_at: float) -> Report | None:
    """The report in a file's bytes; None when it is incomplete. Raises BadSpoolFile."""
    if not data.startswith(_HEADER[: len(data)]) or len(data) > MAX_FILE_BYTES:
        raise BadSpoolFile("no report")
    if not data.endswith(b"\n" + _END):
        return None
    single: dict[str, str] = {}
    marks: dict[str, str] = {}
    ancestors: list[Process] = []
    for name, value in _fields(data):
        if name == "mark":
            mark, _, content = value.partition("=")
            marks[mark] = content
        elif name == "ancestor":
            ancestors.append(_process(value))
        elif name not in _SINGLE or name in single:
            raise BadSpoolFile(f"field {name}")
        else:
            single[name] = value
    if not single.get("worktree") or single.get("hook") not in REPORTING:
        raise BadSpoolFile("worktree or hook")
    return Report(
        id=report_id,
        worktree=single["worktree"],
        git_dir=single.get("git_dir", ""),
        commit_id=single.get("commit_id", ""),
        branch=single.get("branch", ""),
        hook=single["hook"],
        hook_argument=single.get("hook_argument", ""),
        reported_at=reported_at,
        marks=marks,
        ancestors=tuple(ancestors),
    )


def drain(
    spool: Path,
    send: Callable[[list[Report]], Sequence[bool]],
    batch: int = 500,
    linger_seconds: float = LINGER_SECONDS,
) -> int:
    """Hands all that waits to `send` and removes what it is done with (True for each such report); returns how many.

    It stays for `linger_seconds` after the last report, so that a burst of commits has one reporter, not one each.
    One drainer at a time: a second one waits a little for the first, because a report may have come after the
    first one's last look. What `send` raises ends the drain and goes to the caller; nothing is lost by it.
    """
    with _only_one(spool) as alone:
        if not alone:
            return 0
        done = 0
        tried: set[str] = set()
        end = 0.0
        while not end or time.monotonic() < end:
            now_done = _drain_all(spool, send, batch, tried)
            if now_done or not end:
                done, end = done + now_done, time.monotonic() + linger_seconds
            time.sleep(min(_LINGER_STEP_SECONDS, linger_seconds))
        # A hook that no longer finds the drainer starts another; a report from before that is found by this look.
        (spool / DRAINER).unlink(missing_ok=True)
        return done + _drain_all(spool, send, batch, tried)


def _drain_all(spool: Path, send: Callable[[list[Report]], Sequence[bool]], batch: int, tried: set[str]) -> int:
    done = 0
    while waiting := [item for item in read(spool) if item.report.id not in tried][:batch]:
        tried.update(item.report.id for item in waiting)
        finished = send([item.report for item in waiting])
        taken = [item for item, final in zip(waiting, finished, strict=True) if final]
        remove(taken)
        done += len(taken)
    return done


@contextmanager
def _only_one(spool: Path) -> Iterator[bool]:
    try:
        descriptor = os.open(spool / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield False
        return
    try:
        alone = _lock(descriptor)
        if alone:
            (spool / DRAINER).write_text(f"{os.getpid()}\n", encoding="ascii")
        yield alone
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    end = time.monotonic() + _LOCK_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        else:
            return True


_SINGLE = frozenset({"worktree", "git_dir", "commit_id", "branch", "hook", "hook_argument"})


def _fields(data: bytes) -> Iterator[tuple[str, str]]:
    position, end = len(_HEADER), len(data) - len(_END)
    for _ in range(_MAX_FIELDS):
        if position == end:
            return
        line_end = data.find(b"\n", position, end)
        name, _, length = data[position:line_end].partition(b" ")
        if line_end < 0 or not length.isdigit() or len(length) > 6:
            raise BadSpoolFile("field line")
        start = line_end + 1
        position = start + int(length) + 1
        if position > end or data[position - 1 : position] != b"\n":
            raise BadSpoolFile("field length")
        yield name.decode("ascii", "replace"), os.fsdecode(data[start : position - 1])
    raise BadSpoolFile("too many fields")


def _process(value: str) -> Process:
    pid, _, name = value.partition(" ")
    if not (pid.isascii() and pid.isdigit() and len(pid) <= 10):
        raise BadSpoolFile("ancestor")
    return Process(int(pid), name)


def _files(spool: Path) -> Iterator[tuple[Path, os.stat_result]]:
    try:
        entries = list(os.scandir(spool))
    except OSError:
        return
    for entry in entries:
        if not entry.name.isdigit():
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path), status


def _report_id(path: Path, status: os.stat_result) -> str:
    # A slot is used again and again; with the time of writing it names one report.
    return f"{path.name}.{status.st_mtime_ns}"


def _identity(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_mtime_ns, status.st_size
