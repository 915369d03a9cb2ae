"""A report as one HTML file that needs nothing else: no script, no font, no picture from anywhere.

Owns the page. Its content security policy keeps it so, whatever a file name would like; text is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from obsctl import author_words, render, report_document, report_html_record
from obsctl.report_document import lines
from obsctl.report_html_record import COMMIT_HEADINGS, MOST_ROWS, SESSION_HEADINGS, Record
from obsctl.report_html_style import STYLE
from obsd import amounts, plots
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.v1.day_pb2 import Day
    from obsd.v1.report_pb2 import Report

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_NUMBERS = frozenset({"sessions", "commits", "changes", "lines", "times", "overridden", "thrashed"}) | {
    *report_document.SUGGESTION_HEADINGS[2:],
    *report_document.REPORTED_HEADINGS[1:],
}
_LONG = frozenset({"subject", "why", "authors", "lines by", "known by"})
Cells = Sequence[object]


def document(report: Report, record: Record | None = None) -> str:
    """The whole page."""
    title = f"Activity: {report_document.about(report)}"
    empty = report_document.is_empty(report)
    body = [f"<p>{_text(report_document.why_empty(report))}</p>"] if empty else list(_body(report, record or Record()))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style></head><body>\n"
        f"<h1>Activity</h1><p>{_text(report_document.about(report))}</p>\n"
        + "\n".join(body)
        + "\n<footer>Made by obsd from what was recorded on this machine. Changes that git itself made are not in it."
        "</footer></body></html>\n"
    )


def _body(report: Report, record: Record) -> Iterator[str]:
    yield _tiles(report)
    yield from _over_time(report)
    if record.day is not None:
        yield from _authors_over_time(report, record.day)
    yield from _authors(report)
    yield from _fates(report)
    yield from _agents(report)
    if report.files:
        names = report_html_record.file_names(report.files)
        rows = [
            (name, one.changes, f"({lines(one.lines_added, one.lines_removed)})")
            for name, one in zip(names, report.files, strict=True)
        ]
        yield _plot("files", "Most edited files, by changes", plots.bars("files", rows, "main"))
    if report.file_types:
        rows = [(one.file_type, one.changes, "") for one in report.file_types]
        yield _plot("types", "Kinds of files, by changes", plots.bars("types", rows, "main"))
    yield from _one_by_one(report, record)
    yield from _lists(report)


def _authors_over_time(report: Report, day: Day) -> Iterator[str]:
    found = report_html_record.authors_over_time(report, day)
    if found.kinds:
        hourly = report.slot_seconds == 3600
        labels = [_label(slot.at.seconds, hourly) for slot in report.slots]
        kinds = [(author_words.title(name), kind) for name, kind in found.kinds.items()]
        key = "".join(f'<span><i class="key {kind}"></i>{_text(name)}</span>' for name, kind in kinds)
        plot = plots.stacked("writers", labels, found.columns, kinds)
        yield _plot("writers", f"Changes by author and {'hour' if hourly else 'day'}", plot, key)


def _one_by_one(report: Report, record: Record) -> Iterator[str]:
    for title, headings, rows, all_of_them in (
        ("Sessions", SESSION_HEADINGS, report_html_record.session_rows(record.sessions), report.sessions),
        ("Commits", COMMIT_HEADINGS, report_html_record.commit_rows(record.commits), report.commits),
    ):
        if rows:
            cut = f"<p>The newest {len(rows):,} of {all_of_them:,}.</p>" if len(rows) == MOST_ROWS < all_of_them else ""
            yield f"<h2>{title}</h2>{cut}" + _table(headings, rows)


def _authors(report: Report) -> Iterator[str]:
    committed = report_document.committed_rows(report.committed)
    if report.shares:
        rows = [(one.agent, one.lines_added, f"({author_words.share(one)})") for one in report.shares]
        yield _plot("authors", "Lines added, by author", plots.bars("authors", rows, "added"))
        yield _table(report_document.WRITTEN_HEADINGS, report_document.written_rows(report))
    if report.committed:
        rows = [
            (name, one.lines, f"({share})") for one, (name, share, *_) in zip(report.committed, committed, strict=True)
        ]
        yield _plot("committed", "Lines of commits, by author", plots.bars("committed", rows, "commits"))
        yield _table(("author", "share", "lines", "known by"), committed)


def _agents(report: Report) -> Iterator[str]:
    if report.agents:
        rows = [(one.agent, one.commits, _counted(one.sessions, "session")) for one in report.agents]
        yield _plot("agents", "Commits by agent", plots.bars("agents", rows, "commits"))
        yield _table(
            ("agent", "sessions", "commits", "lines", "known by"),
            [
                (
                    *(one.agent, f"{one.sessions:,}", f"{one.commits:,}"),
                    *(lines(one.lines_added, one.lines_removed), report_document.evidence(one.evidence)),
                )
                for one in report.agents
            ],
        )


def _fates(report: Report) -> Iterator[str]:
    """What became of lines, and of suggestions."""
    for title, headings, rows in (
        ("Lines of commits that are kept", report_document.KEPT_HEADINGS, report_document.kept_rows(report)),
        ("Suggestions in editors", report_document.SUGGESTION_HEADINGS, report_document.suggestion_rows(report)),
        ("Lines that editors report", report_document.REPORTED_HEADINGS, report_document.reported_rows(report)),
    ):
        if rows:
            yield f"<h2>{title}</h2>"
            yield _table(headings, rows)


def _over_time(report: Report) -> Iterator[str]:
    hourly = report.slot_seconds == 3600
    unit = "hour" if hourly else "day"
    labels = [_label(slot.at.seconds, hourly) for slot in report.slots]
    changes, commits = [slot.changes for slot in report.slots], [slot.commits for slot in report.slots]
    if any(changes):
        plot = plots.columns("changes", labels, changes, "main", "changes")
        yield _plot("changes", f"Changes by {unit}", plot)
        added, removed = [slot.lines_added for slot in report.slots], [slot.lines_removed for slot in report.slots]
        key = '<span class="key added"></span>added<span class="key removed"></span>removed'
        yield _plot("lines", f"Lines by {unit}", plots.mirrored("lines", labels, added, removed), key)
    if any(commits):
        plot = plots.columns("commits", labels, commits, "commits", "commits")
        yield _plot("commits", f"Commits by {unit}", plot)


def _lists(report: Report) -> Iterator[str]:
    if report.history:
        yield f"<h2>Before obsd watched</h2><p>{_text(report_document.history(report))}. This is in no sum above.</p>"
    if len(report.workspaces) > 1:
        yield "<h2>Workspaces</h2>" + _table(
            ("workspace", "sessions", "changes", "lines", "commits"),
            [
                (
                    *(one.name, f"{one.sessions:,}", f"{one.changes.changes:,}"),
                    *(lines(one.changes.lines_added, one.changes.lines_removed), f"{one.commits:,}"),
                )
                for one in report.workspaces
            ],
        )
    if report.rules:
        rows = [(one.rule, f"{one.violations:,}") for one in report.rules]
        yield "<h2>Rules broken</h2>" + _table(("rule", "times"), rows)
    if report.discards:
        sums = [(one.operation, f"{one.files:,}", f"{one.lines:,}") for one in report.discards]
        yield "<h2>Uncommitted work discarded</h2>" + _table(("by git", "files", "lines"), sums)
    if report.anomalies:
        found = [(render.local(one.at.seconds)[:16], one.workspace, one.reason) for one in report.anomalies]
        yield "<h2>Unusual</h2>" + _table(("when", "workspace", "why"), found)


def _tiles(report: Report) -> str:
    changes = report.changes
    tiles = [
        (f"{report.sessions:,}", f"{_word(report.sessions, 'session')}, {amounts.duration(report.session_seconds)}"),
        (f"{changes.changes:,}", _word(changes.changes, "change")),
        (lines(changes.lines_added, changes.lines_removed), "lines"),
        (f"{report.commits:,}", _word(report.commits, "commit")),
        (f"${report.figures.cost_usd:,.2f}" if report.figures.HasField("cost_usd") else "unknown", _cost_words(report)),
    ]
    if not report.agent:
        tiles += [
            (f"{report.violations:,}", f"{_word(report.violations, 'rule')} broken"),
            (f"{report.anomalies_count:,}", "unusual"),
        ]
    cells = "".join(f'<div class="tile"><b>{_text(value)}</b><span>{_text(name)}</span></div>' for value, name in tiles)
    return f'<div class="tiles">{cells}</div>'


def _word(number: int, one: str) -> str:
    return one if number == 1 else f"{one}s"


def _cost_words(report: Report) -> str:
    tokens = round(report.figures.tokens)
    return "cost, as agents declared" + (f", {amounts.count(tokens, 'token')}" if tokens else "")


def _plot(name: str, title: str, plot: str, key: str = "") -> str:
    legend = f' <span class="legend">{key}</span>' if key else ""
    return f'<h2 id="title-{name}">{_text(title)}{legend}</h2>\n{_wide(plot)}'


def _table(headings: Sequence[str], rows: Sequence[Cells]) -> str:
    kinds = [' class="n"' if one in _NUMBERS else ' class="any"' if one in _LONG else "" for one in headings]
    head = "".join(f"<th{kind}>{_text(cell)}</th>" for cell, kind in zip(headings, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{_text(c)}</td>" for c, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return _wide(f"<table><tr>{head}</tr>{body}</table>")


def _wide(part: str) -> str:
    """A part that moves sideways, also by keys, where the page is narrower."""
    return f'<div class="wide" tabindex="0" role="group">{part}</div>'


def _label(unix_seconds: int, hourly: bool) -> str:
    text = render.local(unix_seconds)
    return text[5:16] if hourly else text[5:10]


def _counted(number: int, word: str) -> str:
    return f"({amounts.count(number, word)})"


def _text(value: object) -> str:
    return escape(printable(str(value)))
