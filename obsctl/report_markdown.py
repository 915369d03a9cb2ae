"""A report as Markdown, for a stand-up or a pull request.

Owns the escaping: no file name, branch or author may become markup, a link or a mention.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from obsctl import render, report_document
from obsctl.report_document import lines
from obsd import amounts
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.v1.report_pb2 import Report

_NUMBERS = frozenset({"sessions", "commits", "changes", "lines", "overridden", "thrashed"})


def document(report: Report, headings: Sequence[str] = (), said: Sequence[Sequence[object]] = ()) -> str:
    """The whole report; `said` are rows under `headings` of what agents say of their own sessions."""
    parts = [f"## Activity: {escaped(report_document.about(report))}", ""]
    if report_document.is_empty(report):
        return "\n".join([*parts, escaped(report_document.why_empty(report)), ""])
    parts += [f"- {line}" for line in _summary(report)]
    for title, headings, rows in _tables(report):
        if rows:
            parts += ["", f"### {title}", "", *_table(headings, rows)]
    if said:
        names = [heading.lower() for heading in headings]
        rows = [[escaped(str(cell)) for cell in row] for row in said]
        parts += ["", "### What agents say", "", *_table(names, rows)]
    if report.anomalies:
        parts += ["", "### Unusual", ""]
        parts += [
            f"- {render.local(one.at.seconds)[:16]}, {escaped(one.workspace)}: {escaped(one.reason)}"
            for one in report.anomalies
        ]
    return "\n".join([*parts, ""])


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    shown = re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", printable(text))
    # A zero-width joint keeps a forge from telling the person whose name it finds.
    return shown.replace("@", "@\u200b").replace("://", ":\u200b//")


def code(text: str) -> str:
    """Text in code style, whatever backticks it has."""
    shown = printable(text).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _summary(report: Report) -> Iterator[str]:
    changes = report.changes
    yield f"**{report.sessions:,}** sessions, {amounts.duration(report.session_seconds)} together"
    files = f" in {amounts.count(report.files_changed, 'file')}" if report.files_changed else ""
    details = report_document.operations(changes)
    yield f"**{changes.changes:,}** changes{files}" + (f" ({details})" if details else "")
    yield f"**{lines(changes.lines_added, changes.lines_removed)}** lines"
    yield f"**{report.commits:,}** commits"
    if not report.agent and (part := report_document.agents_part(report)):
        yield f"agents: {escaped(part)}"
    if report.history:
        yield f"before obsd watched (in no sum): {escaped(report_document.history(report))}"
    if not report.agent:
        broken = ", ".join(f"{code(rule.rule)} {rule.violations}" for rule in report.rules)
        yield f"**{report.violations:,}** rules broken" + (f": {broken}" if broken else "")
        if report.discards:
            yield f"discarded: {report_document.discards(report)}"


def _tables(report: Report) -> Iterator[tuple[str, Sequence[str], list[Sequence[str]]]]:
    yield from _authors(report)
    yield (
        "Agents",
        ("agent", "sessions", "commits", "lines", "known by"),
        [
            (
                *(escaped(one.agent), f"{one.sessions:,}", f"{one.commits:,}"),
                *(lines(one.lines_added, one.lines_removed), report_document.evidence(one.evidence)),
            )
            for one in report.agents
        ],
    )
    if not report.workspace:
        yield (
            "Workspaces",
            ("workspace", "sessions", "changes", "lines", "commits"),
            [
                (
                    *(escaped(one.name), f"{one.sessions:,}", f"{one.changes.changes:,}"),
                    *(lines(one.changes.lines_added, one.changes.lines_removed), f"{one.commits:,}"),
                )
                for one in report.workspaces
            ],
        )
    yield (
        "Most edited files",
        ("file", "workspace", "changes", "lines"),
        [
            (
                *(code(one.path), escaped(one.workspace), f"{one.changes:,}"),
                lines(one.lines_added, one.lines_removed),
            )
            for one in report.files
        ],
    )


def _authors(report: Report) -> Iterator[tuple[str, Sequence[str], list[Sequence[str]]]]:
    yield (
        "Who wrote it",
        report_document.WRITTEN_HEADINGS,
        [tuple(map(escaped, row)) for row in report_document.written_rows(report)],
    )
    yield (
        "Whose lines were committed",
        ("author", "share", "lines", "known by"),
        [tuple(map(escaped, row)) for row in report_document.committed_rows(report.committed)],
    )
    yield (
        "What of it is kept",
        report_document.KEPT_HEADINGS,
        [tuple(map(escaped, row)) for row in report_document.kept_rows(report)],
    )
    yield (
        "Suggestions in editors",
        report_document.SUGGESTION_HEADINGS,
        [tuple(map(escaped, row)) for row in report_document.suggestion_rows(report)],
    )
    yield (
        "What became of lines that editors report",
        report_document.REPORTED_HEADINGS,
        [tuple(map(escaped, row)) for row in report_document.reported_rows(report)],
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"|{'|'.join('---:' if heading in _NUMBERS else '---' for heading in headings)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
