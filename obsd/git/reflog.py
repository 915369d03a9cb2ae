"""The reflog of HEAD as a file: its lines, and a cursor that finds what was added since the last look.

Owns reading and the cursor's rules; what an entry means is in `moves.py`. Blocking file reads; worker threads only.

git appends to the log, and `git reflog expire`, `git gc` and `git reflog delete` replace it by a shorter one with a
new inode. The cursor is the place behind the last line that was read, with that line's new id: when the log is
no longer as it was there, the last line with that id is looked for, and failing that what is newer than the last look.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from obsd.facts import ReflogRead

_LINE = re.compile(
    rb"(?P<old>[0-9a-f]{40}|[0-9a-f]{64}) (?P<new>[0-9a-f]{40}|[0-9a-f]{64}) "
    rb"(?P<ident>.*) (?P<time>-?\d+) [+-]\d{4}(?:\t(?P<message>.*))?\Z",
    re.DOTALL,
)
_MAX_CONTEXT_BYTES = 1024 * 1024
_MAX_LOG_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One move of HEAD, by whom (`name <email>`). Ids are hexadecimal, `old` is empty for the first commit of a
    branch; `time` is in whole Unix seconds."""

    old: str
    new: str
    ident: str
    time: int
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The entries behind the cursor, oldest first, and the cursor behind them. `resumed`: the log was replaced."""

    entries: tuple[Entry, ...]
    lines: tuple[bytes, ...]
    cursor: ReflogRead
    resumed: bool = False


def read(log: Path, cursor: ReflogRead, now: float) -> Reading | None:
    """What is in the log behind the cursor; None when there is no log. An unfinished last line waits."""
    try:
        with open(log, "rb") as file:
            status = os.fstat(file.fileno())
            start = _resume(file.fileno(), status, cursor)
            data = _read_from(file.fileno(), start or 0, status.st_size)
    except (FileNotFoundError, NotADirectoryError):
        return None
    end = data.rfind(b"\n") + 1
    lines = data[:end].split(b"\n")[:-1]
    new = tuple(lines[_find_again(lines, cursor) :] if start is None else lines)
    last = _last_id(lines) if lines else cursor.last_id
    moved = ReflogRead(
        at=now,
        workspace=cursor.workspace,
        log=cursor.log,
        inode=status.st_ino,
        offset=(start or 0) + end,
        last_id=last,
    )
    return Reading(parse(new), new, moved, resumed=start is None)


def before(log: Path, reading: Reading) -> tuple[Entry, ...]:
    """The entries before those of a reading, oldest first: the last megabyte of them."""
    read_bytes = sum(map(len, reading.lines)) + len(reading.lines)
    end = reading.cursor.offset - read_bytes
    start = max(0, end - _MAX_CONTEXT_BYTES)
    try:
        with open(log, "rb") as file:
            data = _read_from(file.fileno(), start, end)
    except OSError:
        return ()
    return parse(data.split(b"\n")[1 if start else 0 : -1])


def end_of(log: Path, workspace: str, now: float) -> ReflogRead:
    """A cursor behind all that the log has; at its start when there is none yet."""
    nowhere = ReflogRead(at=now, workspace=workspace, log=os.fspath(log), inode=0, offset=0, last_id="")
    reading = read(log, nowhere, now)
    return reading.cursor if reading is not None else nowhere


def since(log: Path, workspace: str, time: float, now: float) -> ReflogRead:
    """A cursor before the first entry of that second or a later one."""
    nowhere = ReflogRead(at=now, workspace=workspace, log=os.fspath(log), inode=0, offset=0, last_id="")
    try:
        data = log.read_bytes()
        inode = log.stat().st_ino
    except OSError:
        return nowhere
    offset, last = 0, ""
    for line in data.split(b"\n")[:-1]:
        entry = _entry(line)
        if entry is not None and entry.time >= int(time):
            break
        offset, last = offset + len(line) + 1, entry.new if entry is not None else last
    return ReflogRead(
        at=now, workspace=workspace, log=os.fspath(log), inode=inode, offset=offset, last_id=last
    )


def parse(lines: Sequence[bytes]) -> tuple[Entry, ...]:
    """The entries of lines without their line ends; a line that is none of git's is passed over."""
    return tuple(entry for line in lines if (entry := _entry(line)) is not None)


def _entry(line: bytes) -> Entry | None:
    match = _LINE.match(line)
    if match is None:
        return None
    old = match["old"].decode("ascii")
    return Entry(
        old="" if not old.strip("0") else old,
        new=match["new"].decode("ascii"),
        ident=os.fsdecode(match["ident"]),
        time=int(match["time"]),
        message=os.fsdecode(match["message"] or b""),
    )


def _resume(descriptor: int, status: os.stat_result, cursor: ReflogRead) -> int | None:
    """The offset to go on from; None when the log was replaced or cut."""
    if cursor.offset == 0:
        return 0
    if status.st_ino != cursor.inode or status.st_size < cursor.offset:
        return None
    before = os.pread(descriptor, min(cursor.offset, 4096), cursor.offset - min(cursor.offset, 4096))
    line = before.removesuffix(b"\n").rpartition(b"\n")[2]
    if not before.endswith(b"\n"):
        return None
    # A line over 4 KB has a message that long: its ids are out of sight, and the inode has to do.
    entry = _entry(line)
    return cursor.offset if entry is None or entry.new == cursor.last_id else None


def _find_again(lines: Sequence[bytes], cursor: ReflogRead) -> int:
    """How many lines of a replaced log were read before.

    HEAD can have been at the last known id several times since, so of its lines the last one from before the last
    look counts; a second's doubt goes to reading again, because known commits are not counted twice.
    """
    look = int(cursor.at)
    known = cursor.last_id.encode("ascii")
    width = len(known) + 1
    candidates = [n for n, line in enumerate(lines) if known and line[width : 2 * width - 1] == known]
    times = {number: entry.time for number in candidates if (entry := _entry(lines[number])) is not None}
    earlier = [number for number, time in times.items() if time < look]
    if earlier:
        return earlier[-1] + 1
    if times:
        return min(times) + 1
    return next(
        (n for n, line in enumerate(lines) if (entry := _entry(line)) and entry.time >= look), len(lines)
    )


def _last_id(lines: Sequence[bytes]) -> str:
    for line in reversed(lines):
        if (entry := _entry(line)) is not None:
            return entry.new
    return ""


def _read_from(descriptor: int, start: int, size: int) -> bytes:
    length = min(size - start, _MAX_LOG_BYTES)
    parts: list[bytes] = []
    while length > 0 and (part := os.pread(descriptor, length, start)):
        parts.append(part)
        start, length = start + len(part), length - len(part)
    return b"".join(parts)
