"""A report as one HTML file that needs nothing else: no script, no font, no picture from anywhere.

Owns the page. Its content security policy keeps it so, whatever a file name would like; text is escaped here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from obsctl import author_words, render, report_document
from obsctl.report_document import lines
from obsd import amounts, plots
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.v1.report_pb2 import Report

_STYLE = """
:root{--page:#fcfcfb;--ink:#1f2328;--soft:#656d76;--line:#e4e4e0;--main:#2a78d6;--other:#d9622b;--third:#16835c}
@media (prefers-color-scheme:dark){:root{--page:#16181b;--ink:#e6e8ea;--soft:#9aa2ab;--line:#2c3136;--main:#5aa2f2;
--other:#f08a55;--third:#3fb886}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:940px;padding:32px 24px 64px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:36px 0 8px}p{margin:4px 0;color:var(--soft)}
.tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:20px}
.tile{flex:1 1 auto;border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:20px;white-space:nowrap;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}
svg text.name{fill:var(--ink);text-anchor:end}svg text.axis{text-anchor:end}svg text.time{text-anchor:middle}
svg .grid{stroke:var(--line);stroke-width:1}
svg .main,svg .added{fill:var(--main)}svg .removed{fill:var(--other)}svg .commits{fill:var(--third)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px}
.key.added{background:var(--main)}.key.removed{background:var(--other)}
table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:var(--soft);font-weight:500;white-space:nowrap}
th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}footer{margin-top:40px;color:var(--soft);font-size:13px}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_NUMBERS = frozenset({"sessions", "commits", "changes", "lines", "times", "overridden", "thrashed"}) | {
    *report_document.SUGGESTION_HEADINGS[2:],
    *report_document.REPORTED_HEADINGS[1:],
}
Cells = Sequence[object]


def document(report: Report) -> str:
    """The whole page."""
    title = f"Activity: {report_document.about(report)}"
    empty = report_document.is_empty(report)
    body = [f"<p>{_text(report_document.why_empty(report))}</p>"] if empty else list(_body(report))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style></head><body>\n"
        f"<h1>Activity</h1><p>{_text(report_document.about(report))}</p>\n"
        + "\n".join(body)
        + "\n<footer>Made by obsd from what was recorded on this machine. Changes that git itself made are not in it."
        "</footer></body></html>\n"
    )


def _body(report: Report) -> Iterator[str]:
    yield _tiles(report)
    yield from _over_time(report)
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
    yield from _fates(report)
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
    if report.files:
        rows = [(one.path, one.changes, f"({lines(one.lines_added, one.lines_removed)})") for one in report.files]
        yield _plot("files", "Most edited files, by changes", plots.bars("files", rows, "main"))
    if report.file_types:
        rows = [(one.file_type, one.changes, "") for one in report.file_types]
        yield _plot("types", "Kinds of files, by changes", plots.bars("types", rows, "main"))
    yield from _lists(report)


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
        (f"{report.sessions:,}", f"sessions, {amounts.duration(report.session_seconds)}"),
        (f"{changes.changes:,}", "changes"),
        (lines(changes.lines_added, changes.lines_removed), "lines"),
        (f"{report.commits:,}", "commits"),
    ]
    if not report.agent:
        tiles += [(f"{report.violations:,}", "rules broken"), (f"{report.anomalies_count:,}", "unusual")]
    cells = "".join(f'<div class="tile"><b>{_text(value)}</b><span>{_text(name)}</span></div>' for value, name in tiles)
    return f'<div class="tiles">{cells}</div>'


def _plot(name: str, title: str, plot: str, key: str = "") -> str:
    return f'<h2 id="title-{name}">{_text(title)}{key}</h2>\n{plot}'


def _table(headings: Sequence[str], rows: Sequence[Cells]) -> str:
    numbers = [heading in _NUMBERS for heading in headings]
    head = "".join(f"<th{_number(is_n)}>{_text(cell)}</th>" for cell, is_n in zip(headings, numbers, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{_number(is_n)}>{_text(c)}</td>" for c, is_n in zip(row, numbers, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _number(is_number: bool) -> str:
    return ' class="n"' if is_number else ""


def _label(unix_seconds: int, hourly: bool) -> str:
    text = render.local(unix_seconds)
    return text[5:16] if hourly else text[5:10]


def _counted(number: int, word: str) -> str:
    return f"({amounts.count(number, word)})"


def _text(value: object) -> str:
    return escape(printable(str(value)))
