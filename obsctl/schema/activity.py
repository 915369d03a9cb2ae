"""Commits, sessions, rules, facts and what agents say, as `--json` has them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from obsctl.schema.committed import AgentsShare
from obsctl.schema.watching import Time


class OriginLines(TypedDict):
    """Lines that a commit adds, of one origin."""

    agent: Annotated[str, "an author; `before`: there when the workspace was added; `imported`: brought by git"]
    evidence: Annotated[str, "how that is known"]
    lines: Annotated[int, "how many"]


class Commit(TypedDict):
    """A commit that was made here, as it is now."""

    id: Annotated[str, "its object id"]
    workspace: Annotated[str, "where"]
    branch: Annotated[str, "the branch that HEAD was on"]
    author: Annotated[str, "the author's name, escaped"]
    subject: Annotated[str, "the first line of its message, escaped and cut"]
    kind: Annotated[str, "`commit`, `merge`, `cherry-pick`, `revert`, `am` or `unknown`"]
    agent: Annotated[str, "who made it: an agent's id, or `unknown`"]
    evidence: Annotated[str, "how that is known"]
    lines_added: Annotated[int | None, "as `git show --first-parent -m -M --numstat` has it; null: not known"]
    lines_removed: Annotated[int | None, "likewise"]
    files_changed: Annotated[int | None, "likewise"]
    committed_at: Annotated[Time, "the committer's time"]
    source: Annotated[str, "`hook` or `reflog`; `history`: git's log alone has it"]
    earlier_ids: Annotated[list[str], "the ids that it had before amends and rebases, oldest first"]
    rewritten_as: Annotated[str | None, "always null: `id` is the one that it has now"]
    origins: Annotated[
        list[OriginLines] | None, "who wrote its added lines, the most first; null until that is known, seconds later"
    ]
    share: Annotated[AgentsShare | None, "the agents' share of its added lines; null without any, or without origins"]


class Commits(TypedDict):
    """Commits, newest first."""

    commits: Annotated[list[Commit], "newest first"]
    history: Annotated[list[Commit], "from before the workspaces were watched, by git's log; in no counter"]


class AgentEvidence(TypedDict):
    """An agent, and how it is known."""

    agent: Annotated[str, "its id"]
    evidence: Annotated[str, "the best evidence"]


class AuthorShare(TypedDict):
    """What one author wrote in a session."""

    author: Annotated[str, "an agent's id, `person`, `several` or `unknown`"]
    changes: Annotated[int, "settled changes"]
    lines_added: Annotated[int, "by those that were measured"]
    lines_removed: Annotated[int, "likewise"]


class Session(TypedDict):
    """A time of activity in a workspace."""

    id: Annotated[str, "unique in the ledger"]
    workspace: Annotated[str, "where"]
    started_at: Annotated[Time, "its first change or commit"]
    ended_at: Annotated[Time | None, "its last change or commit; null while it runs"]
    duration_seconds: Annotated[float, "its length so far"]
    agents: Annotated[list[AgentEvidence], "agents that wrote a change or made a commit"]
    authors: Annotated[list[AuthorShare], "what each author wrote; changes that wait for their author are in none"]
    present: Annotated[list[str], "agents that were at work; no proof that they changed anything"]
    changes: Annotated[int, "settled changes, git's own left out"]
    files: Annotated[int, "different files among them"]
    lines_added: Annotated[int, "by its measured changes"]
    lines_removed: Annotated[int, "likewise"]
    commits: Annotated[int, "commits made"]
    violations: Annotated[int, "workflow rules broken"]
    first_commit_seconds: Annotated[float | None, "from its start to its first commit"]
    agent_likelihood: Annotated[
        float | None,
        "how likely it was an agent's, from 0 to 1; null when an agent is known, or there is too little to learn from",
    ]


class PastSession(TypedDict):
    """An agent's session from before its workspace was watched, by the agent's own records."""

    workspace: Annotated[str, "the workspace that it wrote in"]
    agent: Annotated[str, "the agent's id"]
    session: Annotated[str, "its own name for the session"]
    model: Annotated[str | None, "the model that it named last"]
    first_at: Annotated[Time, "its first edit"]
    last_at: Annotated[Time, "its last one"]
    writes: Annotated[int, "edits of files"]
    files: Annotated[int, "different files"]
    lines_added: Annotated[int, "lines added, as far as the records tell"]
    lines_removed: Annotated[int, "lines removed, likewise"]


class Sessions(TypedDict):
    """Sessions, newest first."""

    sessions: Annotated[list[Session], "newest first"]
    history: Annotated[list[PastSession], "from before the workspaces were watched; in no counter"]


class Violation(TypedDict):
    """A time that a workflow rule was broken."""

    workspace: Annotated[str, "where"]
    rule: Annotated[str, "the rule's name"]
    at: Annotated[Time, "when"]
    subject: Annotated[str, "a commit id or a path"]
    detail: Annotated[str, "how, in words"]


class Violations(TypedDict):
    """Violations, newest first."""

    violations: Annotated[list[Violation], "newest first"]


class Rule(TypedDict):
    """A workflow rule of a workspace."""

    workspace: Annotated[str, "where"]
    rule: Annotated[str, "its name"]
    about: Annotated[str, "when it is broken, in words"]
    limit: Annotated[Any, "a number, a list, true, or false for off"]
    state: Annotated[str, "`kept`, `broken` or `off`"]
    last_violation: Annotated[Violation | None, "the last one in the record"]


class Rules(TypedDict):
    """The workflow rules of each workspace."""

    rules: Annotated[list[Rule], "by workspace"]


class Event(TypedDict):
    """A fact; the fields of its kind (docs/facts.md) are further keys."""

    kind: Annotated[str, "the fact's name"]
    at: Annotated[Time, "when it was observed"]
    workspace: Annotated[str, "where; empty: the daemon"]


class Figures(TypedDict):
    """Work in numbers; null where it is not declared."""

    commits: Annotated[int | None, "commits"]
    files: Annotated[int | None, "files"]
    lines_added: Annotated[int | None, "lines"]
    lines_removed: Annotated[int | None, "lines"]


class LinesDuring(TypedDict):
    """Lines of the time that are the session's or nobody's, by the tool of the agent that ran then."""

    shell: Annotated[int, "a shell command"]
    edit: Annotated[int, "an edit tool"]
    none: Annotated[int, "no tool"]


class Amount(TypedDict):
    """An amount that an agent declared."""

    measure: Annotated[str, "of what"]
    words: Annotated[list[str], "its labels"]
    amount: Annotated[float, "how much"]


class AgentSession(TypedDict):
    """What an agent declared of its own session, compared with what obsd counted."""

    agent: Annotated[str, "the agent's id"]
    session: Annotated[str, "the agent's own name for it"]
    workspace: Annotated[str | None, "where"]
    joined_by: Annotated[str, "how the workspace is known"]
    started_at: Annotated[Time, "when it began"]
    last_at: Annotated[Time, "when its telemetry was last received"]
    declared: Annotated[Figures, "what the agent declared"]
    observed: Annotated[Figures | None, "what the record has as its own work"]
    lines_during: Annotated[LinesDuring, "lines of the time that are its own or nobody's, by tool"]
    explanations: Annotated[list[str], "why the two differ, in words"]
    amounts: Annotated[list[Amount], "all that was declared"]


class ActiveWorkspace(TypedDict):
    """A workspace within the last minutes."""

    name: Annotated[str, "its name"]
    state: Annotated[str, "the state of its watcher"]
    changes: Annotated[list[int], "changes in each bucket of time, oldest first"]
    lines: Annotated[int, "lines added and removed"]
    commits: Annotated[int, "commits made"]
    last_at: Annotated[Time | None, "the last fact"]
    session_started_at: Annotated[Time | None, "the running session"]
    agents: Annotated[list[str], "agents that are there, or wrote or committed in the running session"]
    authors: Annotated[list[AuthorShare], "who wrote; changes that wait for their author are in none"]
    present: Annotated[list[str], "agents that are there; no proof that they changed anything"]
    anomaly_score: Annotated[float, "the highest score; from 3 on unusual"]


class Top(TypedDict):
    """What happens now."""

    at: Annotated[Time, "when"]
    beat_seconds: Annotated[float, "the length of a bucket of time"]
    workspaces: Annotated[list[ActiveWorkspace], "all of them"]
    recent: Annotated[list[dict[str, Any]], "the last facts, newest first, as `tail` has them"]


class Receiving(TypedDict):
    """Where telemetry is received."""

    grpc: Annotated[str | None, "OTLP over gRPC"]
    http: Annotated[str | None, "OTLP over HTTP"]


class RecordsOfVersion(TypedDict):
    """Records of one version of an agent."""

    version: Annotated[str, "the agent's own version; empty: it was not said"]
    understood: Annotated[int, "records that were understood"]
    misread: Annotated[int, "records that should have been, and were not"]


class OwnRecords(TypedDict):
    """An agent's own records on disk."""

    state: Annotated[Literal["understood", "drifted", "absent", "off"], "`off`: they are not read"]
    versions: Annotated[list[RecordsOfVersion], "the one that wrote last first"]
    last_at: Annotated[Time | None, "when the newest record was written"]
    packed_unreadable: Annotated[int, "packed files that need the Python module zstandard"]


class CommitsByHook(TypedDict):
    """How an agent's commits became known."""

    by_hook: Annotated[int, "a git hook reported them"]
    without_hook: Annotated[int, "no hook did: they were found in the reflog"]


class KnownAgent(TypedDict):
    """An agent whose telemetry or records obsd understands."""

    agent: Annotated[str, "its id"]
    installed: Annotated[bool, "whether its program, its folder or its records were found"]
    telemetry: Annotated[bool, "whether its setting is made"]
    last_heard_at: Annotated[Time | None, "when its telemetry was last received"]
    sessions: Annotated[int, "its sessions in the record"]
    present_in: Annotated[list[str], "workspaces in which it is at work now"]
    records: Annotated[OwnRecords, "its own records on disk"]
    commits: Annotated[CommitsByHook, "its commits in the record"]


class Agents(TypedDict):
    """Agents, and whether their telemetry is received."""

    receiving: Annotated[Receiving, "addresses; null: off"]
    agents: Annotated[list[KnownAgent], "by id"]


class AgentsImport(TypedDict):
    """What was read of the time before workspaces were watched."""

    since: Annotated[Time | None, "from when on; null: 30 days ago"]
    commits: Annotated[int, "commits in git's logs"]
    sessions: Annotated[int, "sessions of agents that wrote in a workspace"]
    writes: Annotated[int, "edits of files in them"]


class AgentsSetup(TypedDict):
    """The setting that has an agent send telemetry."""

    agent: Annotated[str, "its id"]
    file: Annotated[str, "the file that has the setting"]
    setting: Annotated[str, "the setting as text"]
    changed: Annotated[bool, "whether the file was written"]
