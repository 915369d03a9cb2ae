"""The reflog of HEAD as a file: its lines, and a cursor that finds what was added since the last scan.

Owns reading and the cursor's rules; what an entry means is in `moves.py`. Blocking file reads; worker threads only.

git appends to the log, and `git reflog expire`, `git gc` and `git reflog delete` replace it by a shorter one with a
new inode. The cursor is the place behind the last line that was read, with that line's new id: when the log is
no longer as it was there, the last line with that id is looked for, and failing that what is newer than the last scan.
Nothing of it takes memory by the size of the log: what is looked for is looked for from the end, block by block, and
what is new is read in parts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from obsd.facts import ReflogRead
from obsd.small_files import open_regular, read_at

_LINE = re.compile(
    r"^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) ([^\n>]*>) (-?\d{1,18}) [+-]\d{4}(?:\t([^\n]*))?$",
    re.MULTILINE,
)
_NO_COMMIT = "0" * 40
_MAX_CONTEXT_BYTES = 1024 * 1024
_PART_BYTES = 8 * 1024 * 1024
_BLOCK_BYTES = 256 * 1024
_SEARCHED_BYTES = 64 * 1024 * 1024
"""So far back is a place looked for: half a million moves of HEAD."""


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

    `more`: the log goes on behind the cursor, with whole lines.
    """

    entries: tuple[Entry, ...]
    start: int
    cursor: ReflogRead
    more: bool = False


def read(log: Path, cursor: ReflogRead, now: float) -> Reading | None:
    """What is in the log behind the cursor, up to some megabytes; None when there is no log.

    An unfinished last line waits. Raises OSError.
    """
    try:
        with open_regular(log) as descriptor:
            status = os.fstat(descriptor)
            known = _resume(descriptor, status, cursor)
            start = _find_again(descriptor, status.st_size, cursor) if known is None else known
            start, data = _whole_lines(descriptor, start, status.st_size)
    except (FileNotFoundError, NotADirectoryError):
        return None
    entries = parse(data)
    end = start + len(data)
    moved = ReflogRead(
        at=now,
        workspace=cursor.workspace,
        log=cursor.log,
        inode=status.st_ino,
        offset=end,
        last_id=entries[-1].new if entries else cursor.last_id,
    )
    # Less than a block behind the cursor is the unfinished line of now.
    return Reading(entries, start, moved, more=bool(data) and status.st_size - end > _BLOCK_BYTES)


def before(log: Path, reading: Reading) -> tuple[Entry, ...]:
    """The entries before those of a reading, oldest first: the last megabyte of them."""
    start = max(0, reading.start - _MAX_CONTEXT_BYTES)
    try:
        with open_regular(log) as descriptor:
            return parse(read_at(descriptor, start, reading.start - start))
    except OSError:
        return ()


def end_of(log: Path, workspace: str, now: float) -> ReflogRead:
    """A cursor behind all that the log has; at its start when there is none yet. Raises OSError."""
    try:
        with open_regular(log) as descriptor:
            status = os.fstat(descriptor)
            lines = _lines_from_end(descriptor, status.st_size)
            begin, line = next(lines, (0, b""))
    except (FileNotFoundError, NotADirectoryError):
        return _nowhere(log, workspace, now)
    last = parse(line)
    offset = begin + len(line)
    return ReflogRead(now, workspace, os.fspath(log), status.st_ino, offset, last[0].new if last else "")


def since(log: Path, workspace: str, time: float, now: float) -> ReflogRead:
    """A cursor before the first entry of that second or a later one. Raises OSError.

    The log is in the order of time, but for what a committer's clock or GIT_COMMITTER_DATE says; it is looked for from
    the end, until a whole block is older.
    """
    try:
        with open_regular(log) as descriptor:
            status = os.fstat(descriptor)
            offset, last = _place_of(descriptor, status.st_size, int(time))
    except (FileNotFoundError, NotADirectoryError):
        return _nowhere(log, workspace, now)
    return ReflogRead(now, workspace, os.fspath(log), status.st_ino, offset, last)


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


def _nowhere(log: Path, workspace: str, now: float) -> ReflogRead:
    return ReflogRead(at=now, workspace=workspace, log=os.fspath(log), inode=0, offset=0, last_id="")


def _whole_lines(descriptor: int, start: int, size: int) -> tuple[int, bytes]:
    """The next part of the log, cut behind its last line, and where it begins: a line longer than a part is none of
    git's, and is passed over."""
    while True:
        data = read_at(descriptor, start, min(size - start, _PART_BYTES))
        end = data.rfind(b"\n") + 1
        if end or len(data) < _PART_BYTES:
            return start, data[:end]
        start += len(data)


def _find_again(descriptor: int, size: int, cursor: ReflogRead) -> int:
    """Where to go on in a replaced log.

    HEAD can have been at the last known id several times since, so of its lines the last one from before the last
    look counts; a second's doubt goes to reading again, because known commits are not counted twice.
    """
    look = int(cursor.at)
    newer = first = -1
    end = 0
    for begin, line in _lines_from_end(descriptor, size):
        end = end or begin + len(line)
        for entry in parse(line):
            if entry.new == cursor.last_id:
                first = begin + len(line)
                if entry.time < look:
                    return first
            if entry.time >= look:
                newer = begin
    if first >= 0:
        return first
    return newer if newer >= 0 else end


def _place_of(descriptor: int, size: int, time: int) -> tuple[int, str]:
    """Where the first entry of a time begins, and the id of the entry before it."""
    place, last = -1, ""
    seen = end = 0
    for begin, line in _lines_from_end(descriptor, size):
        end = end or begin + len(line)
        for entry in parse(line):
            if entry.time >= time:
                place, last, seen = begin, "", 0
            else:
                last, seen = last or entry.new, seen + len(line)
        if seen > _BLOCK_BYTES:
            break
    return (place if place >= 0 else end), last


def _lines_from_end(descriptor: int, size: int) -> Iterator[tuple[int, bytes]]:
    """The whole lines with their offsets, the last one first, as far back as anything is looked for."""
    stop = max(0, size - _SEARCHED_BYTES)
    start, rest, ended = size, b"", False
    while start > stop:
        length = min(_BLOCK_BYTES, start - stop)
        start -= length
        data = read_at(descriptor, start, length) + rest
        if not ended:
            # What comes behind the last line's end is not a line yet.
            data = data[: data.rfind(b"\n") + 1] or data
            ended = data.endswith(b"\n")
        first = data.find(b"\n") + 1 if ended else len(data)
        position = len(data)
        while position > first:
            begin = data.rfind(b"\n", 0, position - 1) + 1
            yield start + begin, data[begin:position]
            position = begin
        # The first line may have begun before; one of megabytes is none of git's.
        rest = data[:first] if first <= _PART_BYTES else b"\n"
    if ended and start == 0 and rest:
        yield 0, rest
