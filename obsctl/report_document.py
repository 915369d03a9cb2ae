"""A report as the object of `--json`, and the words that all its forms share: what it is about, and why it is empty.

What is listed here is relied on by scripts: keys may be added, never renamed or removed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from obsctl import author_words, documents, render, today_document
from obsd import amounts, rpc_encoding
from obsd.facts import BEFORE, IMPORTED, KEPT_DAYS

if TYPE_CHECKING:
    from obsd.v1.activity_pb2 import CommittedShare
    from obsd.v1.report_pb2 import ChangeSums, Report, SuggestionShare, WrittenShare

OPERATIONS = ("created", "modified", "deleted", "renamed")


def document(report: Report) -> dict[str, Any]:
    """Everything in a report."""
    return {
        "since": documents.time(report.since),
        "until": documents.time(report.until),
        "workspace": report.workspace or None,
        "agent": report.agent or None,
        "first_record": documents.time(report.first_record) if report.HasField("first_record") else None,
        "sessions": report.sessions,
        "session_seconds": round(report.session_seconds, 3),
        "changes": _sums(report.changes),
        "files_changed": report.files_changed,
        "commits": report.commits,
        "violations": report.violations,
        "anomalies_count": report.anomalies_count,
        "workspaces": [_fields(one, changes=_sums(one.changes)) for one in report.workspaces],
        "shares": [_share(one) for one in report.shares],
        "agents_written": documents.part(report, "agents_written"),
        "committed": [documents.committed(one) for one in report.committed],
        "kept": [_fields(one) for one in report.kept],
        "agents_committed": documents.part(report, "agents_committed"),
        "suggestions": [_suggested(one) for one in report.suggestions],
        "reported": [_fields(one) for one in report.reported],
        "agents": [_fields(one, evidence=dict(sorted(one.evidence.items()))) for one in report.agents],
        "files": [_fields(one) for one in report.files],
        "file_types": [_fields(one) for one in report.file_types],
        "rules": [_fields(one) for one in report.rules],
        "discards": [_fields(one) for one in report.discards],
        "history": [_fields(one) for one in report.history],
        "anomalies": [_fields(one, at=documents.time(one.at)) for one in report.anomalies],
        "figures": today_document.figures(report.figures),
        "before": today_document.figures(report.before) if report.HasField("before") else None,
        "slot_seconds": report.slot_seconds,
        "slots": [_fields(one, at=documents.time(one.at)) for one in report.slots],
    }


def discards(report: Report) -> str:
    """Uncommitted work that git threw away or put aside, by operation; empty for none."""
    return "; ".join(
        f"{one.operation} {amounts.count(one.lines, 'line')} in {amounts.count(one.files, 'file')}"
        for one in report.discards
    )


def history(report: Report) -> str:
    """What is known from before obsd watched, by agent; empty for nothing."""
    return "; ".join(
        f"{one.agent} {amounts.count(one.commits, 'commit')} ({lines(one.lines_added, one.lines_removed)})"
        + (f", {amounts.count(one.writes, 'edit')} in {amounts.count(one.sessions, 'session')}" if one.sessions else "")
        for one in report.history
    )


def about(report: Report) -> str:
    """What a report is about: its time, its workspace and its agent."""
    since, until = rpc_encoding.unix_seconds(report.since), rpc_encoding.unix_seconds(report.until)
    where = report.workspace or "all workspaces"
    who = f", {report.agent} alone" if report.agent else ""
    return f"{render.local(since)[:16]} to {render.local(until)[:16]}, {where}{who}"


def is_empty(report: Report) -> bool:
    """Whether there is nothing to report."""
    return not (report.changes.changes or report.commits or report.sessions or report.anomalies_count or report.history)


def why_empty(report: Report) -> str:
    """Why there is nothing to report, and what to do."""
    if not report.HasField("first_record"):
        return (
            "nothing was recorded yet: it begins with the first change or commit in a workspace; "
            "`obsctl workspaces` shows what is watched, `obsctl add-workspace PATH` adds one"
        )
    if report.agent:
        return (
            f"no session and no commit of {report.agent} since {render.local(report.since.seconds)[:16]}: "
            "`obsctl report` without --agent shows which agents there were"
        )
    first = render.local(report.first_record.seconds)[:16]
    return (
        f"nothing happened since {render.local(report.since.seconds)[:16]}: the record begins at {first}; "
        "go further back with --since, such as --since 90d"
    )


def operations(sums: ChangeSums) -> str:
    """`3 created, 40 modified`: those that there were."""
    return ", ".join(f"{getattr(sums, name):,} {name}" for name in OPERATIONS if getattr(sums, name))


def lines(added: int, removed: int) -> str:
    """Lines added and removed."""
    return f"+{added:,} -{removed:,}"


def evidence(counts: Any) -> str:
    """`environment 3, trailer 1`, the most frequent first; nothing for what nothing is known of."""
    known = sorted(((number, name) for name, number in counts.items() if name != "none"), reverse=True)
    return ", ".join(f"{name} {number:,}" for number, name in known)


def _suggested(one: SuggestionShare) -> dict[str, Any]:
    known = {name: getattr(one, name) if one.HasField(name) else None for name in ("shown", "rejected")}
    return _fields(one, agent=one.agent or None, **known)


def _share(one: WrittenShare) -> dict[str, Any]:
    parts = {name: round(getattr(one, name), 4) if one.HasField(name) else None for name in ("floor", "ceiling")}
    return _fields(one, evidence=dict(sorted(one.evidence.items())), **parts)


WRITTEN_HEADINGS = ("author", "share", "changes", "lines", "overridden", "thrashed", "known by")


def written_rows(report: Report) -> list[tuple[str, ...]]:
    """Who wrote the changes, under `WRITTEN_HEADINGS`."""
    return [
        (
            *(one.agent, author_words.share(one), f"{one.changes:,}"),
            *(lines(one.lines_added, one.lines_removed), f"{one.overridden:,}", f"{one.thrashed:,}"),
            evidence(one.evidence),
        )
        for one in report.shares
    ]


def committed_rows(rows: Iterable[CommittedShare]) -> list[tuple[str, str, str, str]]:
    """Whose lines were committed: author, share, lines, and these by how it is known."""
    return [
        (_author(one.agent), author_words.committed_share(one), f"{one.lines:,}", evidence(one.evidence))
        for one in rows
    ]


SUGGESTION_HEADINGS = ("provider", "agent", "accepted", "lines", "undone", "shown", "rejected")


def suggestion_rows(report: Report) -> list[tuple[str, ...]]:
    """What became of suggestions, under `SUGGESTION_HEADINGS`; `-` for what the provider says nothing of."""
    return [
        (
            *(one.provider, one.agent or "-", f"{one.accepted:,}", f"{one.accepted_lines:,}", f"{one.undone:,}"),
            *(f"{getattr(one, name):,}" if one.HasField(name) else "-" for name in ("shown", "rejected")),
        )
        for one in report.suggestions
    ]


REPORTED_HEADINGS = ("author", "lines reported", "committed", "replaced before")


def reported_rows(report: Report) -> list[tuple[str, ...]]:
    """What became of lines whose author an editor reported, under `REPORTED_HEADINGS`."""
    return [(one.agent, f"{one.written:,}", f"{one.committed:,}", f"{one.replaced:,}") for one in report.reported]


KEPT_HEADINGS = ("author", "kept after 1 day", "7 days", "30 days", "90 days")


def kept_rows(report: Report) -> list[tuple[str, ...]]:
    """What is kept of the lines of commits, under `KEPT_HEADINGS`: `45 of 50`; `-` where nothing was committed then."""
    cells = {(one.agent, one.days): f"{one.kept:,} of {one.committed:,}" for one in report.kept}
    authors = dict.fromkeys(one.agent for one in report.kept)
    return [(_author(name), *(cells.get((name, days), "-") for days in KEPT_DAYS)) for name in authors]


def _author(word: str) -> str:
    """An author as the tables have it; classes of lines are called by what they mean."""
    return author_words.name(word) if word in (BEFORE, IMPORTED) else word


def agents_part(report: Report) -> str:
    """The agents' parts of all lines: `40% to 55% of the lines written, 38% of those committed`; empty for none."""
    return ", ".join(
        f"{author_words.part(getattr(report, name))} of {what}"
        for name, what in (("agents_written", "the lines written"), ("agents_committed", "those committed"))
        if report.HasField(name)
    )


def _sums(sums: ChangeSums) -> dict[str, Any]:
    return _fields(sums)


def _fields(message: Any, **converted: Any) -> dict[str, Any]:
    """All fields of a message by name, also those that are 0; the names are the API's."""
    return {field.name: converted.get(field.name, _value(message, field.name)) for field in message.DESCRIPTOR.fields}


def _value(message: Any, name: str) -> Any:
    value = getattr(message, name)
    return round(value, 3) if isinstance(value, float) else value
