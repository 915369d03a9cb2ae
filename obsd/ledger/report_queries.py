"""Adds up the ledger for a report, one section at a time, from roll-ups: never from the record itself.

Owns the statements of reports. Sections are small on purpose: writers are served between them. Ledger thread only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

from obsd.analysis.day import Figures, Period
from obsd.analysis.days import DAY_SECONDS, Days
from obsd.analysis.report import (
    HOUR_SECONDS,
    LAST_ANOMALIES,
    TOP_TYPES,
    AnomalyEntry,
    CommittedSums,
    Report,
    Scope,
    Slot,
    Sums,
    TypeShare,
    whole_and_rest,
)
from obsd.authorship.shares import OPEN_AUTHORS
from obsd.facts import UNKNOWN_AGENT, AnomalySeen, WorkDiscarded
from obsd.ledger import (
    editor_lines,
    kept_lines,
    replaced_lines,
    report_authors,
    report_files,
    report_origins,
    report_periods,
)
from obsd.ledger.change_writer import DAY_HOURS
from obsd.ledger.codec import OPERATION_WORDS, loaded
from obsd.ledger.positions import first_record
from obsd.ledger.report_rows import Agents, Shares

_QUARTER_SECONDS: Final = 900
"""Days begin at a quarter of an hour of UTC, wherever one is."""
RULE_BROKEN: Final = "RuleBroken"

Section = Callable[["Reporting", Report], None]


_WORKSPACE = "(:workspace = '' OR w.name = :workspace)"
_WORKSPACE_ID = "(:workspace = '' OR workspace = (SELECT id FROM workspaces WHERE name = :workspace))"
_COMMITS = f"committed_at BETWEEN :since AND :until AND {_WORKSPACE} AND (:agent = '' OR agent = :agent)"
_EVENTS = f"e.at BETWEEN :since AND :until AND {_WORKSPACE}"
"""Conditions by what `_scope` gives."""


class Reporting:
    """Fills reports from one connection. Raises sqlite3.Error."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._authors = report_authors.AuthorHours(connection)

    def figures(self, scope: Scope, period: Period) -> Figures:
        """Returns the sums of a period that a report compares, or is compared with."""
        return report_periods.figures(self._connection, scope, period)

    def begin(self, report: Report) -> None:
        """Since when there is anything."""
        report.first_record = first_record(self._connection)

    def changes(self, report: Report) -> None:
        """Changes by workspace and kind of file. Those of one agent are in `authors`."""
        if report.scope.agent:
            return
        shares, types = Shares(report), dict[str, list[int]]()
        for name, operation, file_type, *sums in self._totals(report):
            _add(shares[name].sums, OPERATION_WORDS[operation], *sums)
            known = types.setdefault(loaded(file_type), [0, 0, 0])
            types[loaded(file_type)] = [a + b for a, b in zip(known, sums, strict=True)]
        most = sorted(types.items(), key=lambda item: (-item[1][0], item[0]))[:TOP_TYPES]
        report.file_types = [TypeShare(name, *sums) for name, sums in most]

    def authors(self, report: Report) -> None:
        """Changes by who wrote them; of those that wait, and of those before there were authors, nobody is known."""
        scope, shares = report.scope, Shares(report)
        rest = [sum(column) for column in zip((0, 0, 0), *(row[1:] for row in self._hours(report)), strict=True)]
        for name, author, evidence, *sums in self._authors.totals(scope):
            report_authors.count(report.authors, author, evidence, *sums)
            rest = [left - own for left, own in zip(rest, sums, strict=True)]
            if author == scope.agent:
                _add(shares[name].sums, "", *sums)
        report_authors.count(report.authors, UNKNOWN_AGENT, "none", *rest)
        for author, overridden, thrashed in replaced_lines.of_scope(self._connection, scope):
            sums_of_author = report_authors.of(report.authors, author)
            sums_of_author.overridden, sums_of_author.thrashed = overridden, thrashed

    def slots(self, report: Report) -> None:
        """Activity by hour or day, those without any among them."""
        scope, days = report.scope, Days(report.scope.offsets)
        by_day = scope.slot_seconds == DAY_SECONDS

        def number(at: float) -> int:
            return days.number(at) if by_day else int(at // HOUR_SECONDS)

        def start(slot: int) -> float:
            return float(days.start(slot) if by_day else slot * HOUR_SECONDS)

        numbers = range(number(scope.first_hour * HOUR_SECONDS), number(scope.until) + 1)
        slots = {slot: Slot(start(slot)) for slot in numbers}
        for hour, changes, added, removed in self._authors.hours(scope) if scope.agent else self._hours(report):
            slot = slots[number(hour * HOUR_SECONDS)]
            slot.changes += changes
            slot.lines_added += added
            slot.lines_removed += removed
        for quarter, commits in self._connection.execute(
            f"SELECT CAST(committed_at / {_QUARTER_SECONDS} AS INTEGER), COUNT(*)"  # noqa: S608 - a number of ours
            f" FROM commits c JOIN workspaces w ON w.id = c.workspace WHERE {_COMMITS} GROUP BY 1",
            _scope(report),
        ):
            if (slot_number := number(quarter * _QUARTER_SECONDS)) in slots:
                slots[slot_number].commits += commits
        report.slots = list(slots.values())

    def files(self, report: Report) -> None:
        """The most edited files, and how many there were."""
        if not report.scope.agent:
            report.files, report.files_changed = report_files.most_edited(self._connection, report.scope)

    def commits(self, report: Report) -> None:
        """Commits by workspace and agent."""
        shares, agents = Shares(report), Agents(report)
        for name, agent, evidence, commits, added, removed, files in self._connection.execute(
            "SELECT w.name, agent, evidence, COUNT(*), SUM(added), SUM(removed), SUM(files)"  # noqa: S608
            f" FROM commits c JOIN workspaces w ON w.id = c.workspace WHERE {_COMMITS} GROUP BY 1, 2, 3",
            _scope(report),
        ):
            shares[name].commits += commits
            share = agents[loaded(agent)]
            share.commits += commits
            share.lines_added += added
            share.lines_removed += removed
            share.files_changed += files
            share.evidence[evidence] = share.evidence.get(evidence, 0) + commits

    def committed(self, report: Report) -> None:
        """Lines of commits by who wrote them, and what is kept of them."""
        report.kept = kept_lines.of_scope(self._connection, report.scope)
        report.committed = report_origins.in_order(report_origins.of_scope(self._connection, report.scope))

    def committed_in(self, workspace: str, since: float, until: float) -> list[CommittedSums]:
        """Returns the same of the commits that were recorded in a workspace within a time, as of a session."""
        return report_origins.in_order(report_origins.of_session(self._connection, workspace, since, until))

    def editors(self, report: Report) -> None:
        """Suggestions in editors, and what became of lines whose author an editor reported; of everybody."""
        report.suggestions = editor_lines.suggestions(self._connection, report.scope)
        report.reported = editor_lines.reported(self._connection, report)

    def sessions(self, report: Report) -> None:
        """Sessions by workspace and agent."""
        scope = report.scope
        shares, agents = Shares(report), Agents(report)
        rows = self._connection.execute(
            "SELECT w.name, started_at, last_at, agents"  # noqa: S608
            " FROM sessions s JOIN workspaces w ON w.id = s.workspace"
            f" WHERE s.last_at >= :since AND s.started_at <= :until AND {_WORKSPACE}",
            _scope(report),
        )
        for name, started_at, last_at, text in rows:
            seen = [agent for agent, _ in json.loads(text)] or [UNKNOWN_AGENT]
            if scope.agent and scope.agent not in seen:
                continue
            seconds = min(last_at, scope.until) - max(started_at, scope.since)
            share = shares[name]
            share.sessions += 1
            share.session_seconds += max(0.0, seconds)
            for agent in seen if not scope.agent else [scope.agent]:
                agents[agent].sessions += 1
                agents[agent].session_seconds += max(0.0, seconds)

    def events(self, report: Report) -> None:
        """Broken rules, and anomalies. Neither is known by agent."""
        scope = report.scope
        if scope.agent:
            return
        shares = Shares(report)
        rules: dict[str, int] = {}
        rows = self._connection.execute(
            "SELECT e.at, w.name, kind, fields FROM events e JOIN workspaces w ON w.id = e.workspace"  # noqa: S608
            f" WHERE kind IN (:anomaly, :violation) AND {_EVENTS} ORDER BY e.seq DESC",
            {"anomaly": AnomalySeen.__name__, "violation": RULE_BROKEN, **_scope(report)},
        )
        for at, name, kind, text in rows:
            fields = json.loads(text)
            if kind == RULE_BROKEN:
                shares[name].violations += 1
                rules[fields["rule"]] = rules.get(fields["rule"], 0) + 1
            else:
                shares[name].anomalies += 1
                if len(report.anomalies) < LAST_ANOMALIES:
                    what = (fields[key] for key in ("kind", "score", "subject", "reason"))
                    report.anomalies.append(AnomalyEntry(at, name, *what))
        report.rules = sorted(rules.items(), key=lambda item: -item[1])

    def discards(self, report: Report) -> None:
        """Uncommitted work that git threw away or put aside. By whom is not known."""
        scope = report.scope
        if scope.agent:
            return
        rows = self._connection.execute(
            "SELECT fields FROM events e JOIN workspaces w ON w.id = e.workspace WHERE kind = :kind"  # noqa: S608
            f" AND {_EVENTS} ORDER BY e.seq",
            {"kind": WorkDiscarded.__name__, **_scope(report)},
        )
        for (text,) in rows:
            fields = json.loads(text)
            files, lines = report.discards.get(fields["operation"], (0, 0))
            report.discards[fields["operation"]] = files + fields["files"], lines + fields["lines"]

    def _hours(self, report: Report) -> Iterator[tuple[int, int, int, int]]:
        """Sums of each hour: in the order of the table, so that nothing is sorted."""
        yield from self._connection.execute(
            "SELECT hour, SUM(changes), SUM(added), SUM(removed) FROM hours"  # noqa: S608
            f" WHERE hour BETWEEN :first_hour AND :last_hour AND {_WORKSPACE_ID} GROUP BY hour",
            _scope(report),
        )

    def _totals(self, report: Report) -> Iterator[tuple[Any, ...]]:
        """Sums by workspace, operation and kind of file."""
        scope = report.scope
        source = self._pieces("days", "day", "hours", "hour", scope.first_hour, scope.last_hour, DAY_HOURS)
        yield from self._connection.execute(
            "SELECT w.name, h.operation, t.name, h.changes, h.added, h.removed FROM (SELECT workspace, operation,"  # noqa: S608
            " file_type, SUM(changes) AS changes, SUM(added) AS added, SUM(removed) AS removed"
            f" FROM ({source}) GROUP BY 1, 2, 3) h JOIN workspaces w ON w.id = h.workspace"
            f" JOIN file_types t ON t.id = h.file_type WHERE {_WORKSPACE}",
            _scope(report),
        )

    def _pieces(
        self, coarse: str, coarse_time: str, fine: str, fine_time: str, first: int, last: int, length: int
    ) -> str:
        """A statement for all rows between two times: of the coarse table where it has them whole."""
        whole, rest = whole_and_rest(first, last, length)
        columns = "workspace, operation, file_type, changes, added, removed"
        pieces = [(coarse, coarse_time, whole), *((fine, fine_time, piece) for piece in rest)]
        return " UNION ALL ".join(
            f"SELECT {columns} FROM {table} WHERE {time} BETWEEN {start:d} AND {end:d}"  # noqa: S608
            for table, time, (start, end) in pieces
        )


SECTIONS: Final[tuple[Section, ...]] = (
    Reporting.begin,
    Reporting.changes,
    Reporting.authors,
    Reporting.slots,
    Reporting.files,
    Reporting.commits,
    Reporting.committed,
    Reporting.editors,
    Reporting.sessions,
    Reporting.discards,
    Reporting.events,
)


def finish(report: Report) -> Report:
    """Put the rows of a report in their order."""
    report.workspaces.sort(key=lambda share: (-share.sums.changes - share.commits, share.name))
    report.authors.sort(key=lambda one: (one.author in OPEN_AUTHORS, -one.lines_added, -one.changes, one.author))
    report.agents.sort(key=lambda share: (-share.commits, -share.sessions, share.agent))
    return report


def _scope(report: Report) -> dict[str, str | float]:
    """The parameters of the conditions."""
    names = ("since", "until", "first_hour", "last_hour", "workspace", "agent")
    return {name: getattr(report.scope, name) for name in names}


def _add(sums: Sums, operation: str, changes: int, added: int, removed: int) -> None:
    sums.changes += changes
    sums.lines_added += added
    sums.lines_removed += removed
    if operation:
        setattr(sums, operation, getattr(sums, operation) + changes)
