"""The reflog of HEAD as a file: its lines, and a cursor that finds what was added since the last look.

Owns reading and the cursor's rules; what an entry means is in `moves.py`. Blocking file reads; worker threads only.

git appends to the log, and `git reflog expire`, `git gc` and `git reflog delete` replace it by a shorter one with a
new inode. The cursor is the place behind the last line that was read, with that line's new id: when the log is
no longer as it was there, the last line with that id is looked for, and failing that what is newer than the last look.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from obsd.facts import ReflogRead

_LINE = re.compile(
    r"^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) ([^\n>]*>) (-?\d{1,18}) [+-]\d{4}(?:\t([^\n]*))?$",
    re.MULTILINE,
)
_NO_COMMIT = "0" * 40
_MAX_CONTEXT_BYTES = 1024 * 1024
_MAX_LOG_BYTES = 256 * 1024 * 1024


class Entry(NamedTuple):
    """One move of HEAD, by whom (`name <email>`). Ids are hexadecimal, `old` is empty for the first commit of a
    branch; `time` is in whole Unix seconds."""

    old: str
    new: str
    ident: str
    time: int
    message: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The entries behind the cursor, oldest first, the offset where they begin, and the cursor behind them.

    `resumed`: the log was replaced.
    """

    entries: tuple[Entry, ...]
    start: int
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
    data = data[: data.rfind(b"\n") + 1]
    skipped = _find_again(data, cursor) if start is None else 0
    entries = parse(data[skipped:])
    moved = ReflogRead(
        at=now,
        workspace=cursor.workspace,
        log=cursor.log,
        inode=status.st_ino,
        offset=(start or 0) + len(data),
        last_id=entries[-1].new if entries else cursor.last_id,
    )
    return Reading(entries, (start or 0) + skipped, moved, resumed=start is None)


def before(log: Path, reading: Reading) -> tuple[Entry, ...]:
    """The entries before those of a reading, oldest first: the last megabyte of them."""
    end = reading.start
    start = max(0, end - _MAX_CONTEXT_BYTES)
    try:
        with open(log, "rb") as file:
            data = _read_from(file.fileno(), start, end)
    except OSError:
        return ()
    return parse(data)


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
        entries = parse(line)
        if entries and entries[0].time >= int(time):
            break
        offset, last = offset + len(line) + 1, entries[0].new if entries else last
    return ReflogRead(at=now, workspace=workspace, log=os.fspath(log), inode=inode, offset=offset, last_id=last)


def parse(data: bytes) -> tuple[Entry, ...]:
    """The entries in a part of a log; a line that is none of git's, or only part of one, is passed over."""
    return tuple(
        Entry("" if old.startswith(_NO_COMMIT) else old, new, ident, int(time), message)
        for old, new, ident, time, message in _LINE.findall(os.fsdecode(data))
    )


def _resume(descriptor: int, status: os.stat_result, cursor: ReflogRead) -> int | None:
    """The offset to go on from; None when the log was replaced or cut."""
    if cursor.offset == 0:
        return 0
    if status.st_ino != cursor.inode or status.st_size < cursor.offset:
        return None
    before = os.pread(descriptor, min(cursor.offset, 4096), cursor.offset - min(cursor.offset, 4096))
    if not before.endswith(b"\n"):
        return None
    # A line over 4 KB has a message that long: its ids are out of sight, and the inode has to do.
    last = parse(before[before.rfind(b"\n", 0, -1) + 1 :])
    return cursor.offset if not last or last[0].new == cursor.last_id else None


def _find_again(data: bytes, cursor: ReflogRead) -> int:
    """How many bytes of a replaced log were read before.

    HEAD can have been at the last known id several times since, so of its lines the last one from before the last
    look counts; a second's doubt goes to reading again, because known commits are not counted twice.
    """
    look = int(cursor.at)
    newer = len(data)
    ends: list[tuple[int, int]] = []
    end = 0
    for line in (part + b"\n" for part in data.split(b"\n")[:-1]):
        begin, end = end, end + len(line)
        entries = parse(line)
        if entries and entries[0].time >= look:
            newer = min(newer, begin)
        if entries and entries[0].new == cursor.last_id:
            ends.append((entries[0].time, end))
    earlier = [end for time, end in ends if time < look]
    if earlier:
        return earlier[-1]
    return ends[0][1] if ends else newer


def _read_from(descriptor: int, start: int, size: int) -> bytes:
    length = min(size - start, _MAX_LOG_BYTES)
    parts: list[bytes] = []
    while length > 0 and (part := os.pread(descriptor, length, start)):
        parts.append(part)
        start, length = start + len(part), length - len(part)
    return b"".join(parts)
