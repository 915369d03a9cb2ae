"""Remembers what each author wrote in sessions that have ended, so that a view of a week reads its record once.

Owns that memory. A session is read again when one of its changes gets an author, and all are when the record shrinks.
Ledger thread only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from obsd.ledger.codec import milliseconds
from obsd.ledger.rows import SessionRow, Share

_REMEMBERED: Final = 4_000

AttributedTimes = Mapping[str, tuple[int, int]]
"""By workspace when the first and the last of some changes was made, in milliseconds."""
Shares = tuple[Share, ...]
_Key = tuple[str, str, float, float]


class SessionShares:
    """The shares of ended sessions; `read` reads those of one from the ledger."""

    def __init__(self, read: Callable[[SessionRow], Shares]) -> None:
        self._read = read
        self._known: OrderedDict[_Key, Shares] = OrderedDict()

    def of(self, session: SessionRow) -> Shares:
        """Returns what each author wrote in a session, the author of most changes first. Raises sqlite3.Error."""
        if session.ended_at is None:
            return self._read(session)
        key = (session.session_id, session.workspace, session.started_at, session.last_at)
        shares = self._known.get(key)
        if shares is None:
            shares = self._known[key] = self._read(session)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return shares

    def attributed(self, times: AttributedTimes) -> None:
        """Forgets the sessions in whose time changes got an author."""
        if times and self._known:
            self._known = OrderedDict(item for item in self._known.items() if not _touched(item[0], times))

    def forget(self) -> None:
        """Forgets all."""
        self._known.clear()


def _touched(key: _Key, times: AttributedTimes) -> bool:
    _, workspace, started_at, last_at = key
    if workspace not in times:
        return False
    first, last = times[workspace]
    return first <= milliseconds(last_at) and last >= milliseconds(started_at)
