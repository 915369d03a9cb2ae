"""The facts of what a look found: a commit's figures, its author, and the agent that made it.

Owns the order of evidence for one commit, what a rewrite leaves of it, and what is said of one whose objects are gone.
Blocking; worker threads only: it looks at processes. What is in the commits comes from a reader.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from obsd.agents import evidence
from obsd.agents.table import SESSION_MARKS, AgentTable
from obsd.facts import UNKNOWN_AGENT, CommitMade, CommitRewritten, Evidence, Fact, is_agent
from obsd.facts.telemetry import AgentCommitted
from obsd.git.commit_contents import NOTHING, Contents
from obsd.git.hook_report import PREPARE, Report
from obsd.git.layout import Layout, branch_name
from obsd.git.numstat import UNKNOWN_FIGURES, Figures
from obsd.git.reflog_scan import Made, Rewritten
from obsd.git.repository import CommitInfo
from obsd.sources.head_movers import LoggedCommit, Move, Mover, who_made
from obsd.writers.hook_ancestors import agent_above

log = logging.getLogger(__name__)

_IDENT = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)>", re.DOTALL)


ContentsById = Mapping[str, Contents]
"""What there is of commits, by their ids."""


class Known(NamedTuple):
    """What a rewrite may keep of a commit, and what it is measured against; lines are None where they are not known."""

    agent: str
    evidence: Evidence
    lines_added: int | None
    lines_removed: int | None


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around the commits of one look.

    `since` and `now` bound, in Unix seconds, when they were made. `reports` gives what hooks said of a commit; `moves`
    are those of HEAD, by which the kernel names the `movers`; `telemetry` gives the agent whose own telemetry shows it
    at work here at a time. `before` has the rewritten commits by their old ids. For `fresh_seconds` after a commit the
    processes above its hook may still run.
    """

    workspace: str
    layout: Layout
    agents: AgentTable
    since: float
    now: float
    reports: Callable[[str], Sequence[Report]]
    fresh_seconds: float
    moves: Sequence[Move] = ()
    telemetry: Callable[[str, float], str] = lambda workspace, at: ""
    before: Mapping[str, Known] = field(default_factory=dict)
    movers: Mapping[str, Mover] = field(default_factory=dict)


def describe(context: Context, found: Sequence[Made | Rewritten], contents: ContentsById) -> list[Fact]:
    """The facts, in the order of what was found; `contents` has what there is of the commits, by id."""
    facts: list[Fact] = []
    known = dict(context.before)
    context = replace(context, movers=_movers(context, found))
    for item in found:
        commit: CommitMade | CommitRewritten
        if isinstance(item, Rewritten):
            commit = _rewritten(context, contents, item, known)
        else:
            commit = _made(context, contents, item)
        known[id_of(item)] = Known(commit.agent, commit.evidence, commit.lines_added, commit.lines_removed)
        facts.append(commit)
        if not _is_rebased(item):
            facts += _sessions(context, id_of(item))
    return facts


def id_of(item: Made | Rewritten) -> str:
    """The id that a commit has now."""
    return item.commit_id if isinstance(item, Made) else item.new_id


def before_and_after(found: Sequence[Made | Rewritten]) -> list[tuple[str, str]]:
    """HEAD's ids before and after each commit that a hook may report."""
    made = [(item.before, item.commit_id) for item in found if isinstance(item, Made)]
    rewritten = (item for item in found if isinstance(item, Rewritten) and not _is_rebased(item))
    return [*made, *((item.old_id, item.new_id) for item in rewritten)]


def needed(found: Sequence[Made | Rewritten], before: Mapping[str, Known]) -> list[str]:
    """The ids of the commits that have to be read: those that are there now, and what an amend replaced unrecorded."""
    ids = [id_of(item) for item in found]
    amended = (item.old_id for item in found if isinstance(item, Rewritten) and item.operation == "amend")
    return list(dict.fromkeys([*ids, *(old for old in amended if old and old not in before)]))


def time_of(item: Made | Rewritten, since: float, now: float) -> float:
    """When something was made: the log's second at its end, but no earlier than the last scan and not after now.

    A committer's clock may be wrong, or set by GIT_COMMITTER_DATE.
    """
    return max(since, min(now, item.time + 1.0))


def _is_rebased(item: Made | Rewritten) -> bool:
    """Whether a commit was only put elsewhere: who did that did not make it."""
    return isinstance(item, Rewritten) and item.operation == "rebase"


def _movers(context: Context, found: Sequence[Made | Rewritten]) -> dict[str, Mover]:
    """Who made commits, as the kernel names the processes that moved HEAD, by their ids."""
    logged = {}
    for item in found:
        if not _is_rebased(item):
            ancestors = [one.pid for report in context.reports(id_of(item)) for one in report.ancestors]
            logged[id_of(item)] = LoggedCommit(item.time, tuple(dict.fromkeys(ancestors)))
    return who_made(context.moves, logged)


def _rewritten(
    context: Context, contents: ContentsById, item: Rewritten, known: Mapping[str, Known]
) -> CommitRewritten:
    amend = item.operation == "amend"
    reports = (
        context.reports(item.new_id) if amend else ()
    )  # those of a rebase say who ran it, not whose commits it has
    at = _reported_at(context, reports) or time_of(item, context.since, context.now)
    fact = CommitRewritten(
        at=at,
        workspace=context.workspace,
        operation=item.operation,
        old_id=item.old_id,
        new_id=item.new_id,
        melded_ids=item.melded_ids,
    )
    found = contents.get(item.new_id, NOTHING)
    info = found.info
    if info is None:
        return fact
    before = next((known[one] for one in (item.old_id, *item.melded_ids) if one in known), None)
    own = (
        _who(context, info, reports, at)
        if amend
        else evidence.by_contents(context.agents, info.message, info.author_name, info.author_email)
    )
    agent, shown_by = _whose(*own, before)
    figures = found.figures or UNKNOWN_FIGURES
    grown_added, grown_removed = _grown(contents, figures, before, item.old_id) if amend else (0, 0)
    return replace(
        fact,
        branch=_branch(reports, item.branch),
        **_described(info, figures),
        agent=agent,
        evidence=shown_by,
        grown_added=grown_added,
        grown_removed=grown_removed,
    )


def _described(info: CommitInfo, figures: Figures) -> dict[str, Any]:
    return {
        "author_name": info.author_name,
        "author_email": info.author_email,
        "subject": info.subject,
        "lines_added": figures.lines_added,
        "lines_removed": figures.lines_removed,
        "files_changed": figures.files_changed,
        "committed_at": float(info.committer_time),
    }


def _whose(agent: str, shown_by: Evidence, before: Known | None) -> tuple[str, Evidence]:
    """Whose a commit is after a rewrite: another agent's where it has evidence of one, else as it was known before.

    A person who amends or rebases an agent's commit does not take it over.
    """
    if before is None or before.agent == UNKNOWN_AGENT or (is_agent(agent) and agent != before.agent):
        return agent, shown_by
    return before.agent, before.evidence


def _grown(contents: ContentsById, figures: Figures, before: Known | None, old_id: str) -> tuple[int, int]:
    """By how many lines, added and removed, an amend made a commit larger; 0 where that is unknown."""
    if before is None:
        old = contents.get(old_id, NOTHING).figures or UNKNOWN_FIGURES
        was = (old.lines_added, old.lines_removed)
    else:
        was = (before.lines_added, before.lines_removed)
    now = (figures.lines_added, figures.lines_removed)
    added, removed = (0 if a is None or b is None else max(0, b - a) for a, b in zip(was, now, strict=True))
    return added, removed


def _branch(reports: Sequence[Report], logged: str) -> str:
    reported = next((report.branch for report in reports if report.branch), "")
    return branch_name(reported) if reported else logged


def _made(context: Context, contents: ContentsById, item: Made) -> CommitMade:
    reports = context.reports(item.commit_id)
    found = contents.get(item.commit_id, NOTHING)
    if found.problem:
        log.warning("%s: %s cannot be read whole: %s", context.workspace, item.commit_id, found.problem)
    info = found.info or _logged(item)
    at = _reported_at(context, reports) or time_of(item, context.since, context.now)
    agent, shown_by = _who(context, info, reports, at)
    figures = found.figures or UNKNOWN_FIGURES
    return CommitMade(
        at=at,
        workspace=context.workspace,
        commit_id=item.commit_id,
        branch=_branch(reports, item.branch),
        kind=item.kind,
        agent=agent,
        evidence=shown_by,
        **_described(info, figures),
        source="hook" if reports else "reflog",
    )


def _sessions(context: Context, commit_id: str) -> list[Fact]:
    """The agents' own sessions that made a commit, as its hook's environment and the kernel name them: telemetry
    speaks of them too."""
    marks = {name: value for report in context.reports(commit_id) for name, value in report.marks.items()}
    sessions = {(agent, marks[variable]) for variable, agent in SESSION_MARKS.items() if marks.get(variable)}
    mover = context.movers.get(commit_id)
    if mover is not None and mover.session:
        sessions.add((mover.agent, mover.session))
    return [AgentCommitted(context.now, context.workspace, *one, commit_id) for one in sorted(sessions)]


def _reported_at(context: Context, reports: Sequence[Report]) -> float:
    # An editor may lie between a report before a commit and the commit.
    times = [report.reported_at for report in reports if report.reported_at > 0 and report.hook != PREPARE]
    return min(min(times), context.now) if times else 0.0


def _logged(item: Made) -> CommitInfo:
    """What the log says of a commit whose objects were pruned since, or cannot be read."""
    ident = _IDENT.match(item.ident)
    name, email = (ident["name"], ident["email"]) if ident else ("", "")
    subject = item.message.partition(": ")[2]
    return CommitInfo(item.commit_id, (), name, email, item.time, name, email, item.time, subject)


def _who(context: Context, info: CommitInfo, reports: Sequence[Report], at: float) -> tuple[str, Evidence]:
    marks = {name: value for report in reports for name, value in report.marks.items()}
    if agent := evidence.by_environment(context.agents, context.agents.keep_marks(marks)):
        return agent, "environment"
    if mover := context.movers.get(info.id):
        return mover.agent, "writer"
    fresh = context.now - at <= context.fresh_seconds
    if agent := next(filter(None, (agent_above(context.agents, one.ancestors, fresh=fresh) for one in reports)), ""):
        return agent, "writer"
    # Beside a hook's report, telemetry says nothing: an agent's own commit would have its marks in the environment.
    if not reports and (agent := context.telemetry(context.workspace, at)):
        return agent, "telemetry"
    return evidence.by_contents(context.agents, info.message, info.author_name, info.author_email)
