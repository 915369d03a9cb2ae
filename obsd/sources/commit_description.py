"""The facts of what a look found: a commit's figures, its author, and the agent that made it.

Owns the order of evidence for one commit, and what is said of one whose objects are gone. Blocking; worker threads
only: it looks at processes. What is in the commits comes from a reader.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from obsd.agents import evidence, presence
from obsd.agents.table import SESSION_MARKS, AgentTable
from obsd.facts import UNKNOWN_AGENT, CommitMade, CommitRewritten, Evidence, Fact
from obsd.git.commit_contents import NOTHING, Contents
from obsd.git.hook_report import Report
from obsd.git.layout import Layout, branch_name
from obsd.git.numstat import Figures
from obsd.git.reflog_scan import Made, Rewritten
from obsd.git.repository import CommitInfo
from obsd.telemetry_facts import AgentCommitted

log = logging.getLogger(__name__)

_IDENT = re.compile(r"(?P<name>.*?) ?<(?P<email>[^>]*)>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around the commits of one look.

    `since` and `now` bound, in Unix seconds, when they were made. `reports` gives what hooks said of a commit;
    `process` names the only agent that was present when the commit was found, empty for none; `telemetry` gives the
    agent whose own telemetry shows it at work here at a time.
    """

    workspace: str
    layout: Layout
    agents: AgentTable
    since: float
    now: float
    reports: Callable[[str], Sequence[Report]]
    process: str = ""
    telemetry: Callable[[str, float], str] = lambda workspace, at: ""


def describe(
    context: Context, found: Sequence[Made | Rewritten], contents: Mapping[str, Contents], fresh_seconds: float
) -> list[Fact]:
    """The facts, in the order of what was found; `contents` has what there is of the commits that were made."""
    facts: list[Fact] = []
    for item in found:
        if isinstance(item, Rewritten):
            facts.append(_rewritten(context, item))
        else:
            facts.append(_made(context, contents.get(item.commit_id, NOTHING), item, fresh_seconds))
            facts += _sessions(context, item.commit_id)
    return facts


def time_of(item: Made | Rewritten, since: float, now: float) -> float:
    """When something was made: the log's second at its end, but no earlier than the last look and not after now.

    A committer's clock may be wrong, or set by GIT_COMMITTER_DATE.
    """
    return max(since, min(now, item.time + 1.0))


def _rewritten(context: Context, item: Rewritten) -> CommitRewritten:
    return CommitRewritten(
        at=time_of(item, context.since, context.now),
        workspace=context.workspace,
        operation=item.operation,
        old_id=item.old_id,
        new_id=item.new_id,
    )


def _made(context: Context, contents: Contents, item: Made, fresh_seconds: float) -> CommitMade:
    reports = context.reports(item.commit_id)
    if contents.problem:
        log.warning("%s: %s cannot be read whole: %s", context.workspace, item.commit_id, contents.problem)
    info = contents.info or _logged(item)
    at = _reported_at(context, reports) or time_of(item, context.since, context.now)
    agent, shown_by = _who(context, info, reports, at, fresh=context.now - at <= fresh_seconds)
    figures = contents.figures or Figures()
    reported_branch = next((report.branch for report in reports if report.branch), "")
    return CommitMade(
        at=at,
        workspace=context.workspace,
        commit_id=item.commit_id,
        branch=branch_name(reported_branch) if reported_branch else item.branch,
        author_name=info.author_name,
        author_email=info.author_email,
        subject=info.subject,
        kind=item.kind,
        agent=agent,
        evidence=shown_by,
        lines_added=figures.lines_added,
        lines_removed=figures.lines_removed,
        files_changed=figures.files_changed,
        committed_at=float(info.committer_time),
        source="hook" if reports else "reflog",
    )


def _sessions(context: Context, commit_id: str) -> list[Fact]:
    """The agents' own sessions that the environment of the commit's hook names: telemetry speaks of them too."""
    marks = {name: value for report in context.reports(commit_id) for name, value in report.marks.items()}
    return [
        AgentCommitted(context.now, context.workspace, agent, marks[variable], commit_id)
        for variable, agent in SESSION_MARKS.items()
        if marks.get(variable)
    ]


def _reported_at(context: Context, reports: Sequence[Report]) -> float:
    times = [report.reported_at for report in reports if report.reported_at > 0]
    return min(min(times), context.now) if times else 0.0


def _logged(item: Made) -> CommitInfo:
    """What the log says of a commit whose objects were pruned since, or cannot be read."""
    ident = _IDENT.match(item.ident)
    name, email = (ident["name"], ident["email"]) if ident else ("", "")
    subject = item.message.partition(": ")[2]
    return CommitInfo(item.commit_id, (), name, email, item.time, name, email, item.time, subject)


def _who(
    context: Context, info: CommitInfo, reports: Sequence[Report], at: float, *, fresh: bool
) -> tuple[str, Evidence]:
    marks: Mapping[str, str] = {name: value for report in reports for name, value in report.marks.items()}
    known = context.agents.keep_marks(marks)
    # Beside a hook's report, telemetry says nothing: an agent's own commit would have its marks in the environment.
    if not reports and (agent := context.telemetry(context.workspace, at)):
        return agent, "telemetry"
    agent, shown_by = evidence.who(context.agents, known, info.message, info.author_name, info.author_email)
    if agent == UNKNOWN_AGENT and fresh:
        process = _ancestor(context, reports) if reports else context.process
        if process:
            return process, "process"
    return agent, shown_by


def _ancestor(context: Context, reports: Sequence[Report]) -> str:
    """The agent among the hook's ancestors. With a report, an agent that merely works in the folder is no evidence:
    the commit came from a person's shell beside it."""
    for report in reports:
        pids, names = [one.pid for one in report.ancestors], [one.name for one in report.ancestors]
        if agent := presence.among_ancestors(context.agents, pids, names):
            return agent
    return ""
