"""A fact as one line of text for a person.

Owns the wording of each kind; a kind without its own wording is shown by its fields. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obsctl import author_words, render
from obsd import amounts
from obsd.text import printable

Fact = dict[str, Any]


def line(fact: Fact, at: float) -> str:
    """Returns a fact as a line for a person: time, workspace, what happened."""
    describe = _LINES.get(fact["kind"], _any)
    return printable(f"{render.clock(at)}  {fact['workspace'] or 'obsd'}  {describe(fact)}")


def who_wrote(fact: Fact) -> tuple[str, ...] | None:
    """Returns a file and its author where a fact tells it: saves in a row have the same, and one line says it."""
    if fact["kind"] != "ChangeAttributed":
        return None
    return tuple(str(fact[name]) for name in ("workspace", "path", "agent", "evidence", "program", "late"))


def _change(fact: Fact) -> str:
    if fact.get("lines_added") is None:
        lines = f"lines unmeasured: {fact.get('unmeasured') or 'unknown'}"
    else:
        lines = f"+{fact['lines_added']} -{fact['lines_removed']}"
    path = fact["path"] if not fact.get("previous_path") else f"{fact['previous_path']} -> {fact['path']}"
    author = _by(fact) if fact.get("agent") else ""
    saves = f" {fact['saves']} times" if "saves" in fact else ""
    return f"{fact['operation']} {path}{saves} ({lines}{author})"


def _by(fact: Fact) -> str:
    if fact["agent"] == "unknown":
        return ", author unknown"
    return f", by {author_words.name(fact['agent'])} ({fact['evidence']})"


def _attributed(fact: Fact) -> str:
    program = f" with {fact['program']}" if fact["program"] else ""
    if fact["agent"] == "unknown":
        return f"{fact['path']}: author unknown{program and f', written{program}'}"
    late = ", evidence came late" if fact["late"] else ""
    return f"{fact['path']} is by {author_words.name(fact['agent'])} ({fact['evidence']}{late}){program}"


def _commit(fact: Fact) -> str:
    files = "unknown files" if fact["files_changed"] is None else amounts.count(fact["files_changed"], "file")
    known = fact["lines_added"] is not None
    figures = f"+{fact['lines_added']} -{fact['lines_removed']} in {files}" if known else f"unknown lines in {files}"
    agent = f", by {fact['agent']} ({fact['evidence']})" if fact["agent"] != "unknown" else ""
    return f"commit {fact['commit_id'][:10]} on {fact['branch']}: {fact['subject']} ({figures}{agent})"


def _origins(fact: Fact) -> str:
    origins = [(agent, int(own)) for agent, _, own in fact["origins"]]
    what = f"commit {fact['commit_id'][:10]} adds {amounts.count(sum(own for _, own in origins), 'line')}"
    return f"{what}: {author_words.lines(origins)}" if origins else what


def _git(fact: Fact) -> str:
    return f"git {fact['operation']} wrote {amounts.count(fact['files'], 'file')}"


def _discarded(fact: Fact) -> str:
    what = f"{amounts.count(fact['lines'], 'line')} of uncommitted work in {amounts.count(fact['files'], 'file')}"
    if fact["operation"] == "stash":
        return f"git stash put {what} aside"
    return f"git {fact['operation']} discarded {what}"


def _ended(fact: Fact) -> str:
    return f"session ended after {amounts.duration(fact['duration_seconds'])}"


def _present(fact: Fact) -> str:
    return f"at work: {', '.join(fact['agents'])}" if fact["agents"] else "no agent is at work any more"


def _rewritten(fact: Fact) -> str:
    old = str(fact["old_id"])[:10] or "an unknown commit"
    subject = f": {fact['subject']}" if fact.get("subject") else ""
    return f"{fact['operation']}: {old} is now {str(fact['new_id'])[:10]}{subject}"


def _rescanned(fact: Fact) -> str:
    found = amounts.count(fact["changes"], "change")
    return f"rescanned ({fact['reason']}): {found} in {fact['duration_seconds']:.2f} s"


def _any(fact: Fact) -> str:
    own = (f"{name}={value}" for name, value in fact.items() if name not in ("kind", "at", "workspace"))
    return " ".join((fact["kind"], *own))


def _kept(fact: Fact) -> str:
    sums: dict[int, tuple[int, int]] = {}
    for days, _, committed, kept in fact["lines"]:
        of, there = sums.get(int(days), (0, 0))
        sums[int(days)] = of + int(committed), there + int(kept)
    parts = (f"{there} of {amounts.count(of, 'line')} after {days} d" for days, (of, there) in sums.items() if of)
    return f"kept: {', '.join(parts) or 'nothing was committed at these ages'}"


_LINES: dict[str, Callable[[Fact], str]] = {
    "FileChanged": _change,
    "ChangeAttributed": _attributed,
    "WriteRecorded": lambda fact: f"{fact['agent']} recorded that it wrote {fact['path']}",
    "GitChangedFiles": _git,
    "WorkDiscarded": _discarded,
    "CommitMade": _commit,
    "CommitOrigins": _origins,
    "CommitRewritten": _rewritten,
    "LinesKept": _kept,
    "SessionStarted": lambda fact: "session started",
    "SessionEnded": _ended,
    "AgentsPresent": _present,
    "SessionRecorded": lambda fact: f"{fact['agent']} recorded its session {fact['session']}",
    "AgentSessionSeen": lambda fact: f"{fact['agent']} reported its session {fact['session']}",
    "RuleBroken": lambda fact: f"rule {fact['rule']} is broken by {render.subject(fact['subject'])}: {fact['detail']}",
    "RuleKept": lambda fact: f"rule {fact['rule']} is satisfied again",
    "ClockStepped": lambda fact: f"the clock was set by {fact['seconds']:+.1f} s",
    "Rescanned": _rescanned,
    "AnomalySeen": lambda fact: f"unusual: {fact['reason']}",
    "WorkspaceAdded": lambda fact: f"workspace added: {fact['path']}",
    "WorkspaceRemoved": lambda fact: "workspace removed",
    "WatcherRestarted": lambda fact: f"watcher restarted: {fact['cause']}",
    "Dropped": lambda fact: f"{fact['count']} facts were not shown: this terminal did not keep up",
}
