"""Fills a day at a glance from the ledger, one step at a time, so that writers are served between the steps.

Owns the statements of a day. Sums of who wrote are those of reports, by whole hours; time lines come from the record of
changes where it is short enough, else from the same hours. Ledger thread only, but for `read`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from obsd.analysis.day import Attention, Day, DayScope, Period
from obsd.analysis.day_attention import attention_of
from obsd.analysis.report import HOUR_SECONDS, AuthorSums, Scope
from obsd.authorship.shares import OPEN_AUTHORS, agents_share, floor_and_ceiling
from obsd.facts import UNKNOWN_AGENT, AnomalySeen, RuleBroken, RuleKept, WorkDiscarded
from obsd.ledger import report_authors
from obsd.ledger.codec import loaded, milliseconds
from obsd.ledger.positions import first_change_at, first_record
from obsd.ledger.rows import SessionRow, authors_of

if TYPE_CHECKING:
    from obsd.ledger import Ledger

T = TypeVar("T")

MOST_CHANGES: Final = 100_000
"""Of the record, for a time line; of more the hours are read instead."""
MOST_SESSIONS: Final = 2_000
_WORKSPACE: Final = "(:workspace = '' OR w.name = :workspace)"


class Query(Protocol):
    """Runs a function on the ledger's thread, such as `Recorder.query`."""

    def __call__(self, fn: Callable[[Ledger], T], /) -> Awaitable[T]: ...


async def read(query: Query, scope: DayScope, most_sessions: int) -> tuple[Day, list[SessionRow]]:
    """Returns what the ledger has of a day, and its last sessions (0: all), newest first. Raises StoreError."""
    day = Day(scope)
    for step in _STEPS:
        await query(partial(step, day))
    _count_sessions(day, await query(partial(_sessions, scope, scope.before)), before=True)
    sessions = await query(partial(_sessions, scope, scope.period))
    _count_sessions(day, sessions, before=False)
    _finish(day)
    return day, sessions[: most_sessions or None]


async def figures(query: Query, scope: DayScope) -> tuple[Day, list[AuthorSums]]:
    """Returns who wrote, committed and declared what in a time of any length, without sessions and without the time
    before; and the sums of what was written, with its evidence. Raises StoreError."""
    day, (period, workspace) = Day(scope), (scope.period, scope.workspace)
    written = await query(lambda ledger: ledger.day.written(period, workspace))
    for one in written:
        day.count_changes(one.author, one.changes, one.lines_added, one.lines_removed, before=False)
    for agent, commits in await query(lambda ledger: ledger.day.commits(period, workspace)):
        day.count_commits(agent, commits, before=False)
    for agent, measure, amount in await query(lambda ledger: ledger.day.declared(period, workspace)):
        day.declare(agent, measure, amount, before=False)
    _finish(day)
    return day, written


def _count_sessions(day: Day, sessions: Iterable[SessionRow], *, before: bool) -> None:
    for row in sessions:
        end = row.last_at if row.ended_at is not None else max(day.scope.now, row.last_at)
        day.count_session(authors_of(row), row.started_at, end, before=before)


def _sessions(scope: DayScope, period: Period, ledger: Ledger) -> list[SessionRow]:
    return ledger.sessions(scope.workspace, MOST_SESSIONS, period.since, scope.now, period.until)


def _written(day: Day, ledger: Ledger) -> None:
    for before, period in ((True, day.scope.before), (False, day.scope.period)):
        for one in ledger.day.written(period, day.scope.workspace):
            day.count_changes(one.author, one.changes, one.lines_added, one.lines_removed, before=before)


def _commits(day: Day, ledger: Ledger) -> None:
    for before, period in ((True, day.scope.before), (False, day.scope.period)):
        for agent, commits in ledger.day.commits(period, day.scope.workspace):
            day.count_commits(agent, commits, before=before)


def _declared(day: Day, ledger: Ledger) -> None:
    for before, period in ((True, day.scope.before), (False, day.scope.period)):
        for agent, measure, amount in ledger.day.declared(period, day.scope.workspace):
            day.declare(agent, measure, amount, before=before)


def _lanes(day: Day, ledger: Ledger) -> None:
    ledger.day.fill_lanes(day)


def _attention(day: Day, ledger: Ledger) -> None:
    day.attention = ledger.day.attention(day.scope.period, day.scope.workspace)


def _begin(day: Day, ledger: Ledger) -> None:
    day.first_record = ledger.day.first_record()


_STEPS: Final[tuple[Callable[[Day, Ledger], None], ...]] = (_begin, _written, _commits, _declared, _lanes, _attention)


def _finish(day: Day) -> None:
    """Sets everybody's part of the lines, and the order: agents and people by their lines, then who is not known."""
    for before in (False, True):
        sums = {author: day.of(author, before=before) for author in day.authors}
        lines = {author: own.lines_added for author, own in sums.items()}
        for author, own in sums.items():
            own.floor, own.ceiling = floor_and_ceiling(lines, author) or (None, None)
        day.whole(before=before).floor, day.whole(before=before).ceiling = agents_share(lines) or (None, None)
    order = sorted(
        day.authors.values(),
        key=lambda one: (
            one.author in OPEN_AUTHORS,
            -one.figures.lines_added,
            -one.figures.commits,
            -one.before.lines_added,
            one.author,
        ),
    )
    day.authors = {one.author: one for one in order if not (one.figures.is_empty and one.before.is_empty)}


class DayReader:
    """Reads from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._authors = report_authors.AuthorHours(connection)

    def first_record(self) -> float:
        """Returns since when there is anything; 0: there is nothing."""
        return first_record(self._connection)

    def written(self, period: Period, workspace: str) -> list[AuthorSums]:
        """Returns what each author wrote, by whole hours; changes that wait for their author are `unknown`."""
        scope = Scope(period.since, period.until, workspace)
        rest = list(
            self._connection.execute(
                "SELECT COALESCE(SUM(changes), 0), COALESCE(SUM(added), 0), COALESCE(SUM(removed), 0) FROM hours h"  # noqa: S608
                f" JOIN workspaces w ON w.id = h.workspace WHERE hour BETWEEN :first AND :last AND {_WORKSPACE}",
                {"first": scope.first_hour, "last": scope.last_hour, "workspace": workspace},
            ).fetchone()
        )
        authors: list[AuthorSums] = []
        for _, author, evidence, *sums in self._authors.totals(scope):
            report_authors.count(authors, author, evidence, *sums)
            rest = [left - own for left, own in zip(rest, sums, strict=True)]
        report_authors.count(authors, UNKNOWN_AGENT, "none", *rest)
        return authors

    def commits(self, period: Period, workspace: str) -> list[tuple[str, int]]:
        """Returns the number of commits by who made them."""
        rows = self._connection.execute(
            "SELECT agent, COUNT(*) FROM commits c JOIN workspaces w ON w.id = c.workspace"  # noqa: S608
            f" WHERE committed_at >= :since AND committed_at < :until AND {_WORKSPACE} GROUP BY 1",
            _named(period, workspace),
        )
        return [(loaded(agent), commits) for agent, commits in rows]

    def declared(self, period: Period, workspace: str) -> list[tuple[str, str, float]]:
        """Returns agent, measure and amount of what agents declared, by the hours in which obsd received it."""
        first, last = int(period.since // HOUR_SECONDS), int(-(-period.until // HOUR_SECONDS)) - 1
        rows = self._connection.execute(
            "SELECT h.agent, measure, SUM(amount) FROM agent_hours h"  # noqa: S608
            " LEFT JOIN agent_sessions s ON s.agent = h.agent AND s.session = h.session"
            f" LEFT JOIN workspaces w ON w.id = s.workspace WHERE hour BETWEEN :first AND :last AND {_WORKSPACE}"
            " GROUP BY 1, 2",
            {"first": first, "last": last, "workspace": workspace},
        )
        return [(agent, measure, amount) for agent, measure, amount in rows]

    def fill_lanes(self, day: Day) -> None:
        """Fills the time lines of a day."""
        period, workspace = day.scope.period, day.scope.workspace
        rows = self._recorded(period, workspace)
        day.slot_seconds = HOUR_SECONDS if rows is None else period.slot_seconds
        for name, number, author, changes, lines in self._by_hour(period, workspace) if rows is None else rows:
            slot = day.lane(name).slot(number, day.slot_seconds)
            slot.changes += changes
            slot.lines += lines
            slot.authors[author] = slot.authors.get(author, 0) + changes
        for name, number, commits in self._connection.execute(
            "SELECT w.name, CAST(committed_at / :slot AS INTEGER), COUNT(*) FROM commits c"  # noqa: S608
            " JOIN workspaces w ON w.id = c.workspace"
            f" WHERE committed_at >= :since AND committed_at < :until AND {_WORKSPACE} GROUP BY 1, 2",
            {"slot": day.slot_seconds, **_named(period, workspace)},
        ):
            day.lane(name).slot(number, day.slot_seconds).commits += commits

    def _recorded(self, period: Period, workspace: str) -> list[tuple[str, int, str, int, int]] | None:
        """Returns workspace, slot, author, changes and lines from the record; None where it is too long or is gone."""
        begin, end = milliseconds(period.since), milliseconds(period.until)
        first, past = first_change_at(self._connection, begin), first_change_at(self._connection, end)
        oldest = self._connection.execute("SELECT at FROM changes ORDER BY seq LIMIT 1").fetchone()
        hours = self._connection.execute("SELECT MIN(hour) FROM hours").fetchone()[0]
        gone = hours is not None and (oldest is None or (oldest[0] > begin and hours * HOUR_SECONDS * 1000 < begin))
        if period.slot_seconds == HOUR_SECONDS or past - first > MOST_CHANGES or gone:
            return None
        rows = self._connection.execute(
            "SELECT w.name, c.at / :slot, a.agent, COUNT(*), COALESCE(SUM(added), 0) + COALESCE(SUM(removed), 0)"  # noqa: S608
            " FROM changes c JOIN workspaces w ON w.id = c.workspace LEFT JOIN authors a ON a.id = c.author"
            " WHERE c.seq >= :first AND c.seq < :past AND c.at >= :begin AND c.at < :end"
            f" AND {_WORKSPACE} GROUP BY 1, 2, 3",
            {
                "slot": period.slot_seconds * 1000,
                "first": first,
                "past": past,
                "begin": begin,
                "end": end,
                "workspace": workspace,
            },
        )
        return [(name, slot, loaded(agent or UNKNOWN_AGENT), *sums) for name, slot, agent, *sums in rows]

    def _by_hour(self, period: Period, workspace: str) -> list[tuple[str, int, str, int, int]]:
        """Returns workspace, hour, author, changes and lines; those that wait for their author are `unknown`."""
        scope = Scope(period.since, period.until, workspace)
        values = {"first": scope.first_hour, "last": scope.last_hour, "workspace": workspace}
        where = f"JOIN workspaces w ON w.id = h.workspace WHERE hour BETWEEN :first AND :last AND {_WORKSPACE}"
        rest = {
            (name, hour): [changes, lines]
            for name, hour, changes, lines in self._connection.execute(
                f"SELECT w.name, hour, SUM(changes), SUM(added + removed) FROM hours h {where} GROUP BY 1, 2",  # noqa: S608
                values,
            )
        }
        found: list[tuple[str, int, str, int, int]] = []
        for name, hour, agent, changes, lines in self._connection.execute(
            f"SELECT w.name, hour, agent, SUM(changes), SUM(added + removed) FROM author_hours h {where}"  # noqa: S608
            " GROUP BY 1, 2, 3 HAVING SUM(changes) > 0",
            values,
        ):
            found.append((name, hour, loaded(agent), changes, lines))
            left = rest.setdefault((name, hour), [0, 0])
            left[0], left[1] = left[0] - changes, left[1] - lines
        waiting = ((place, left) for place, left in rest.items() if left[0] > 0)
        return [*found, *((*place, UNKNOWN_AGENT, left[0], max(0, left[1])) for place, left in waiting)]

    def attention(self, period: Period, workspace: str) -> list[Attention]:
        """Returns what needs a look, newest first: broken rules and discards each once, anomalies each."""
        rows = self._connection.execute(
            "SELECT e.at, w.name, kind, fields FROM events e JOIN workspaces w ON w.id = e.workspace"  # noqa: S608
            " WHERE kind IN (:broken, :satisfied, :anomaly, :discarded) AND e.at >= :since AND e.at < :until"
            f" AND {_WORKSPACE} ORDER BY e.seq",
            {
                "broken": RuleBroken.__name__,
                "satisfied": RuleKept.__name__,
                "anomaly": AnomalySeen.__name__,
                "discarded": WorkDiscarded.__name__,
                **_named(period, workspace),
            },
        )
        return attention_of((at, name, kind, json.loads(text)) for at, name, kind, text in rows)


def _named(period: Period, workspace: str) -> dict[str, Any]:
    return {"since": period.since, "until": period.until, "workspace": workspace}
