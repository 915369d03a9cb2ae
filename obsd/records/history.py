"""The time before obsd was there: all records since a time, read once and marked as history.

Blocking, for seconds: a worker thread, or a process of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from obsd.facts.records import SessionSeen, ToolRan
from obsd.records.adapter import Adapter
from obsd.records.adapters import ADAPTERS
from obsd.records.reader import Reader
from obsd.records.state import State
from obsd.records.user import User


def history(
    workspaces: Iterable[str],
    since: float,
    until: float,
    salt: bytes,
    user: User | None = None,
    now: Callable[[], float] = time.time,
    adapters: tuple[Adapter, ...] = ADAPTERS,
) -> Iterator[ToolRan | SessionSeen]:
    """All tools that ended, and news of sessions, from `since` to before `until` (when the source began), file by file.

    Each tool comes once, however many copies of its conversation there are. Nothing is stored: the same call
    returns the same again, and `tool_id` identifies what is known already.
    """
    reader = Reader(user or User.current(), workspaces, State(since), salt, now, adapters)
    reader.out.history, reader.out.until = True, until
    for batch in reader.read(reader.scan()):
        yield from batch.tools
        yield from batch.sessions
