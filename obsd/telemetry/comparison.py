"""Declared against observed: what an agent said of its session, beside what the record has of that time and place.

Owns what is compared with what, and the texts that explain a difference. A change is the session's where the record
says so: who wrote it is decided by authorship, and nowhere else. Runs on the ledger's thread: give it to
`Recorder.query`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from obsd.authorship.evidence import TOOL_TAIL_SECONDS
from obsd.facts import PERSON, SEVERAL, UNKNOWN_AGENT
from obsd.ledger import CommitRow, Ledger
from obsd.ledger.telemetry_queries import AgentSessionRow, Seen, ToolRun
from obsd.telemetry import adapters

GRACE_SECONDS: Final = 5.0
_WRITING_TOOLS: Final = ("shell", "edit")
_NAMES: Final = {
    PERSON: "a person",
    SEVERAL: "several authors",
    UNKNOWN_AGENT: "a person, or an agent that left no evidence",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What was changed; None where it is not said."""

    commits: int | None = None
    files: int | None = None
    lines_added: int | None = None
    lines_removed: int | None = None

    @property
    def lines(self) -> int | None:
        """Lines added and removed."""
        if self.lines_added is None or self.lines_removed is None:
            return None
        return self.lines_added + self.lines_removed


@dataclass(frozen=True, slots=True)
class Comparison:
    """One session: `lines_during` has the lines of that time that are its own or nobody's, by the kind of its tool that
    ran (`shell`, `edit`, `none`)."""

    session: AgentSessionRow
    declared: Figures
    observed: Figures | None = None
    lines_during: Counter[str] = field(default_factory=Counter)
    explanations: tuple[str, ...] = ()


def compare_named(name: str, limit: int = 20) -> Callable[[Ledger], list[Comparison]]:
    """The sessions whose own name is, or begins with, `name`."""

    def query(ledger: Ledger) -> list[Comparison]:
        rows = ledger.telemetry.sessions(session=name, limit=limit)
        rows = rows or ledger.telemetry.sessions_beginning(name, limit)
        return [_compare(ledger, row) for row in rows]

    return query


def compare_between(
    workspace: str, since: float, until: float, limit: int = 50
) -> Callable[[Ledger], list[Comparison]]:
    """The sessions of a workspace ("": all) that were at work from `since` to `until`, the latest first."""

    def query(ledger: Ledger) -> list[Comparison]:
        # A change is noticed a moment after the agent made it, and its telemetry may have that moment only.
        around = (since - GRACE_SECONDS, until + GRACE_SECONDS)
        rows = ledger.telemetry.sessions(workspace=workspace, since=around[0], until=around[1], limit=limit)
        return [_compare(ledger, row) for row in rows]

    return query


def _compare(ledger: Ledger, row: AgentSessionRow) -> Comparison:
    declared = _declared(row)
    if not row.workspace:
        return Comparison(row, declared, explanations=("it is not known which workspace the session belongs to",))
    start, end = row.started_at - GRACE_SECONDS, row.last_at + GRACE_SECONDS
    changes = ledger.telemetry.changes_between(row.workspace, start, end)
    runs = ledger.telemetry.tool_runs(row.agent, row.session)
    commits = _commits(ledger, row, start, end)
    own = [change for change in changes if _is_own(change, row)]
    nobodys = [change for change in changes if change.agent in ("", UNKNOWN_AGENT)]
    during = _lines_during((*own, *nobodys), runs)
    observed = Figures(
        commits=sum(1 for commit in commits if commit.agent == row.agent),
        files=len({change.path for change in own}),
        lines_added=sum(change.lines_added for change in own),
        lines_removed=sum(change.lines_removed for change in own),
    )
    others = {
        one.agent
        for one in ledger.telemetry.sessions(workspace=row.workspace, since=row.started_at, until=row.last_at, limit=20)
        if (one.agent, one.session) != (row.agent, row.session)
    }
    words = [
        *_differences(declared, observed),
        *_unproved(nobodys, runs),
        *_of_others(changes, row),
        *_at_that_time(commits, row.agent, sorted(others)),
    ]
    if by_git := ledger.telemetry.files_by_git(row.workspace, start, end):
        words.append(f"git itself wrote {by_git} files, which count as nobody's lines")
    return Comparison(row, declared, observed, during, tuple(words))


def _declared(row: AgentSessionRow) -> Figures:
    adapter = adapters.of_agent(row.agent)
    says = adapter.declares if adapter else frozenset()
    return Figures(
        commits=round(row.total("commits")) if "commits" in says else None,
        lines_added=round(row.total("lines", "added")) if "lines" in says else None,
        lines_removed=round(row.total("lines", "removed")) if "lines" in says else None,
    )


def _commits(ledger: Ledger, row: AgentSessionRow, start: float, end: float) -> list[CommitRow]:
    """The commits of the session's time, and those whose hook named it."""
    named = ledger.telemetry.commits_of(row.agent, row.session)
    rows = ledger.commits(row.workspace, since=start - 86_400.0)
    return [one for one in rows if named & {one.commit_id, *one.earlier_ids} or start <= one.recorded_at <= end]


def _lines_during(changes: Iterable[Seen], runs: Sequence[ToolRun]) -> Counter[str]:
    found: Counter[str] = Counter()
    writing = [run for run in runs if run.tool in _WRITING_TOOLS]
    for change in changes:
        # The one begun last before the change: a formatter behind an edit is that of a shell command behind it.
        tool = next(
            (r.tool for r in reversed(writing) if r.started_at <= change.at <= r.ended_at + TOOL_TAIL_SECONDS), "none"
        )
        found[tool] += change.lines
    return found


def _differences(declared: Figures, observed: Figures) -> Iterator[str]:
    if declared.lines is not None and observed.lines is not None and declared.lines != observed.lines:
        yield f"{observed.lines} lines are proved to be its own, {declared.lines} were declared"
    if declared.commits is not None and declared.commits != observed.commits:
        yield f"{observed.commits} commits were seen, {declared.commits} were declared"


def _unproved(changes: Sequence[Seen], runs: Sequence[ToolRun]) -> Iterator[str]:
    """Lines of that time whose author is not known, or not yet."""
    during = _lines_during((change for change in changes if change.agent), runs)
    if during["shell"]:
        yield f"{during['shell']} lines of nobody known came while shell commands ran, which no edit tool reports"
    if during["edit"]:
        yield f"{during['edit']} lines of nobody known came while edit tools ran, beside other changes or sessions"
    if during["none"]:
        source = "a person, a formatter or another program" if runs else "the agent does not say when its tools ran"
        yield f"{during['none']} lines of nobody known came while no tool of the agent ran: {source}"
    if waiting := sum(change.lines for change in changes if not change.agent):
        yield f"{waiting} lines wait for their author"


def _of_others(changes: Iterable[Seen], row: AgentSessionRow) -> Iterator[str]:
    lines: Counter[str] = Counter()
    for change in changes:
        if change.agent and change.agent != UNKNOWN_AGENT and not _is_own(change, row):
            lines[change.agent] += change.lines
    for agent, count in sorted(lines.items()):
        who = f"another session of {agent}" if agent == row.agent else _NAMES.get(agent, agent)
        yield f"{count} lines of that time are by {who}"


def _is_own(change: Seen, row: AgentSessionRow) -> bool:
    return change.agent == row.agent and change.session in ("", row.session)


def _at_that_time(commits: Sequence[CommitRow], agent: str, others: Sequence[str]) -> Iterator[str]:
    """Who else was at work, and committed."""
    if others:
        yield f"other sessions were at work here at the same time: {', '.join(dict.fromkeys(others))}"
    foreign = Counter(commit.agent for commit in commits if commit.agent != agent)
    for name, count in sorted(foreign.items()):
        yield f"{count} more commits of that time are by {_NAMES.get(name, name)}"
