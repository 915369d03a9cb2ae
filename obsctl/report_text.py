"""A report for a terminal: one screen of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from obsctl import listing, render, report_document
from obsctl.columns import Column
from obsctl.report_document import lines
from obsd import amounts

if TYPE_CHECKING:
    from obsctl.call import Call
    from obsd.v1.day_pb2 import DayFigures
    from obsd.v1.report_pb2 import Report

MOST_ROWS = 5
_KNOWN_BY = Column("KNOWN BY", rank=1, least=12)
_WRITTEN = (
    *(Column("AUTHOR"), Column("SHARE"), Column("CHANGES", right=True), Column("LINES", right=True)),
    *(Column("OVERRIDDEN", rank=2, right=True), Column("THRASHED", rank=3, right=True), _KNOWN_BY),
)
_COMMITTED = (Column("AUTHOR"), Column("SHARE"), Column("COMMITTED", right=True), _KNOWN_BY)
_KEPT = (
    Column("AUTHOR"),
    *(Column(heading.upper(), right=True) for heading in report_document.KEPT_HEADINGS[1:]),
)
_SUGGESTIONS = (
    *(Column("PROVIDER", least=12), Column("AGENT", rank=1)),
    *(Column(heading.upper(), right=True) for heading in report_document.SUGGESTION_HEADINGS[2:5]),
    *(Column(heading.upper(), rank=2, right=True) for heading in report_document.SUGGESTION_HEADINGS[5:]),
)
_REPORTED = (
    Column("AUTHOR"),
    *(Column(heading.upper(), right=True) for heading in report_document.REPORTED_HEADINGS[1:]),
)
_AGENTS = (
    *(Column("AGENT"), Column("SESSIONS", right=True), Column("COMMITS", right=True), Column("LINES", right=True)),
    _KNOWN_BY,
)
_WORKSPACES = (
    *(Column("WORKSPACE", least=8), Column("SESSIONS", right=True), Column("CHANGES", right=True)),
    *(Column("LINES", right=True), Column("COMMITS", right=True)),
)
_FILES = (Column("FILE", least=16, from_left=True), Column("CHANGES", right=True), Column("LINES", right=True))
_BARS = "▁▂▃▄▅▆▇█"


def show(call: Call, report: Report) -> None:
    """Prints a report."""
    call.say(f"report: {report_document.about(report)}")
    call.say()
    for name, text in _summary(report):
        call.say(f"  {name:<10} {text}")
    activity = sparkline([slot.changes or slot.commits for slot in report.slots])
    if activity:
        unit = "hour" if report.slot_seconds == 3600 else "day"
        call.say(f"  {'activity':<10} {activity}  by {unit}")
    for table in _tables(report):
        if table.rows:
            call.say()
            listing.show(call, table.columns, table.rows[:MOST_ROWS])
    for anomaly in report.anomalies[:MOST_ROWS]:
        if anomaly == report.anomalies[0]:
            call.say()
        when = render.local(anomaly.at.seconds)[:16]
        call.say(f"unusual: {when}  {anomaly.workspace}  {anomaly.reason}")


def sparkline(values: Sequence[float], most: int = 90) -> str:
    """Values as bars of text, the last `most` of them; empty where there is nothing."""
    shown = values[-most:]
    top = max(shown, default=0)
    if top <= 0:
        return ""
    # What is there at all is seen: only nothing is a blank.
    return "".join(_BARS[min(7, int(value / top * 7.999))] if value else " " for value in shown)


def _summary(report: Report) -> Iterator[tuple[str, str]]:
    changes, known, before = report.changes, report.HasField("before"), report.before
    was = f" (before: {before.sessions:,}, {amounts.duration(before.session_seconds)})" if known else ""
    yield "sessions", f"{report.sessions:,}, {amounts.duration(report.session_seconds)} together{was}"
    details = "; ".join(part for part in (report_document.operations(changes), _files(report)) if part)
    yield "changes", f"{changes.changes:,}" + (f" ({details})" if details else "")
    was = f" (before: {lines(before.lines_added, before.lines_removed)})" if known else ""
    yield "lines", lines(changes.lines_added, changes.lines_removed) + was
    yield "commits", f"{report.commits:,}" + (f" (before: {before.commits:,})" if known else "")
    if spent := _spent(report.figures):
        was = f" (before: {earlier})" if known and (earlier := _spent(before)) else ""
        yield "declared", spent + was
    if not report.agent and (part := report_document.agents_part(report)):
        yield "agents", part
    if report.history:
        yield "before", f"{report_document.history(report)}; history, in no sum"
    if not report.agent:
        broken = ", ".join(f"{rule.rule} {rule.violations}" for rule in report.rules)
        yield "rules", f"{report.violations:,} broken: {broken}" if broken else "none broken"
        if report.discards:
            yield "discarded", report_document.discards(report)
        yield "unusual", f"{report.anomalies_count:,}" if report.anomalies_count else "nothing"


def _spent(figures: DayFigures) -> str:
    """Returns the cost and the tokens that agents declared; empty for none."""
    parts = [f"{figures.cost_usd:,.2f} USD"] if figures.HasField("cost_usd") else []
    return ", ".join([*parts, amounts.count(round(figures.tokens), "token")] if figures.tokens else parts)


def _files(report: Report) -> str:
    return f"{amounts.count(report.files_changed, 'file')}" if report.files_changed else ""


def _tables(report: Report) -> Iterator[listing.Rows]:
    yield listing.Rows(_WRITTEN, report_document.written_rows(report))
    yield listing.Rows(_COMMITTED, report_document.committed_rows(report.committed))
    yield listing.Rows(_KEPT, report_document.kept_rows(report))
    yield listing.Rows(_SUGGESTIONS, report_document.suggestion_rows(report))
    yield listing.Rows(_REPORTED, report_document.reported_rows(report))
    agents = [
        (
            *(one.agent, one.sessions, one.commits, lines(one.lines_added, one.lines_removed)),
            report_document.evidence(one.evidence),
        )
        for one in report.agents
    ]
    yield listing.Rows(_AGENTS, agents)
    if not report.workspace:
        workspaces = [
            (
                *(one.name, one.sessions, one.changes.changes),
                *(lines(one.changes.lines_added, one.changes.lines_removed), one.commits),
            )
            for one in report.workspaces
        ]
        yield listing.Rows(_WORKSPACES, workspaces)
    files = [
        (
            one.path if report.workspace else f"{one.workspace}: {one.path}",
            one.changes,
            lines(one.lines_added, one.lines_removed),
        )
        for one in report.files
    ]
    yield listing.Rows(_FILES, files)
