"""The sums since a time, as `report --json` prints them."""

from __future__ import annotations

from typing import Annotated, TypedDict

from obsctl.schema.activity import AgentSession
from obsctl.schema.committed import AgentsShare, CommittedShare, NamedSums
from obsctl.schema.day import DayFigures
from obsctl.schema.watching import Time


class Sums(TypedDict):
    """Changes of files, added up."""

    changes: Annotated[int, "settled changes"]
    created: Annotated[int, "of them"]
    modified: Annotated[int, "of them"]
    deleted: Annotated[int, "of them"]
    renamed: Annotated[int, "of them"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]


class WorkspaceSums(TypedDict):
    """One workspace."""

    name: Annotated[str, "its name"]
    changes: Annotated[Sums, "its changes"]
    sessions: Annotated[int, "its sessions"]
    session_seconds: Annotated[float, "their length"]
    commits: Annotated[int, "its commits"]
    violations: Annotated[int, "workflow rules broken"]
    anomalies: Annotated[int, "times that something was unusual"]


class WrittenShare(TypedDict):
    """What one author wrote."""

    agent: Annotated[str, "an agent's id, `person`, `several` or `unknown`"]
    changes: Annotated[int, "changes"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]
    evidence: Annotated[dict[str, int], "changes by evidence"]
    floor: Annotated[float | None, "the proved part of `all_lines_added`; null for `several`, `unknown` and no lines"]
    ceiling: Annotated[float | None, "the same with the lines of `several` and `unknown`, which may be its own"]
    all_lines_added: Annotated[int, "lines added by everybody"]
    overridden: Annotated[
        int, "lines of its own that others replaced, not committed; of `unknown`: whose or by whom is not known"
    ]
    thrashed: Annotated[int, "lines of its own that it replaced itself, not committed"]


class KeptShare(TypedDict):
    """Lines of one author that were committed some days before they were measured, within 24 hours."""

    agent: Annotated[str, "as in `committed`"]
    days: Annotated[int, "1, 7, 30 or 90"]
    committed: Annotated[int, "lines that the commits added"]
    kept: Annotated[int, "those of them that are still in the default branch"]


class SuggestionShare(TypedDict):
    """What became of the suggestions of one provider in editors."""

    provider: Annotated[str, "the id of its extension, `unknown`, or `__other__` for those above the limit"]
    agent: Annotated[str | None, "the agent whose extension it is; null: none that is known"]
    accepted: Annotated[int, "accepted ones"]
    accepted_lines: Annotated[int, "line breaks in them, as far as they are known"]
    undone: Annotated[int, "accepted ones that the editor's undo took back"]
    undone_lines: Annotated[int, "line breaks in them"]
    shown: Annotated[int | None, "by the provider's own word; null: it says nothing of it"]
    rejected: Annotated[int | None, "likewise"]


class ReportedShare(TypedDict):
    """Lines of one author by the report of an editor, each counted when it happened."""

    agent: Annotated[str, "an agent's id, or `person`"]
    written: Annotated[int, "lines added by changes"]
    committed: Annotated[int, "lines that commits added"]
    replaced: Annotated[int, "lines that anybody replaced or removed before they were committed"]


class AgentSums(TypedDict):
    """One agent."""

    agent: Annotated[str, "its id, or `unknown`"]
    sessions: Annotated[int, "sessions that it is known to be in"]
    session_seconds: Annotated[float, "their length"]
    commits: Annotated[int, "its commits"]
    lines_added: Annotated[int, "by its commits"]
    lines_removed: Annotated[int, "likewise"]
    files_changed: Annotated[int, "likewise"]
    evidence: Annotated[dict[str, int], "commits by evidence"]


class FileSums(TypedDict):
    """One file."""

    workspace: Annotated[str, "where"]
    path: Annotated[str, "the file"]
    changes: Annotated[int, "its changes"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]


class FileTypeSums(TypedDict):
    """One type of files."""

    file_type: Annotated[str, "its name"]
    changes: Annotated[int, "changes"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]


class RuleSums(TypedDict):
    """One workflow rule."""

    rule: Annotated[str, "its name"]
    violations: Annotated[int, "times that it was broken"]


class HistorySums(TypedDict):
    """What one agent did before obsd watched."""

    agent: Annotated[str, "its id, or `unknown`"]
    commits: Annotated[int, "commits in git's log"]
    lines_added: Annotated[int, "lines that they added"]
    lines_removed: Annotated[int, "lines that they removed"]
    sessions: Annotated[int, "its sessions in its own records"]
    writes: Annotated[int, "edits of files in them"]


class DiscardSums(TypedDict):
    """Uncommitted work that git threw away or put aside, by one command."""

    operation: Annotated[str, "`restore`, `reset`, `checkout`, `clean` or `stash`"]
    files: Annotated[int, "files that had such work"]
    lines: Annotated[int, "lines that it had added and removed, as far as they could be measured"]


class Anomaly(TypedDict):
    """Something that was unusual."""

    at: Annotated[Time, "when"]
    workspace: Annotated[str, "where"]
    kind: Annotated[str, "which quantity"]
    score: Annotated[float, "spreads above the median"]
    subject: Annotated[str, "a commit or a session, or empty"]
    reason: Annotated[str, "in words"]


class Slot(TypedDict):
    """A part of the time."""

    at: Annotated[Time, "its start"]
    changes: Annotated[int, "changes"]
    lines_added: Annotated[int, "by measured changes"]
    lines_removed: Annotated[int, "likewise"]
    commits: Annotated[int, "commits"]


class Report(TypedDict, total=False):
    """The sums of a time; with `--html` only `html`."""

    since: Annotated[Time, "the start"]
    until: Annotated[Time, "the end"]
    workspace: Annotated[str | None, "null: all"]
    agent: Annotated[str | None, "null: all"]
    first_record: Annotated[Time | None, "the start of the record; null: nothing was recorded yet"]
    sessions: Annotated[int, "sessions"]
    session_seconds: Annotated[float, "their length"]
    changes: Annotated[Sums, "changes of files"]
    files_changed: Annotated[int, "different files"]
    commits: Annotated[int, "commits"]
    violations: Annotated[int, "workflow rules broken"]
    anomalies_count: Annotated[int, "times that something was unusual"]
    workspaces: Annotated[list[WorkspaceSums], "by workspace"]
    shares: Annotated[list[WrittenShare], "by who wrote the changes; those that wait for their author are `unknown`"]
    agents_written: Annotated[AgentsShare | None, "all agents' part of all added lines; null without any"]
    committed: Annotated[list[CommittedShare], "the lines that the commits added, by who wrote them"]
    agents_committed: Annotated[AgentsShare | None, "all agents' part of these lines; null without any"]
    kept: Annotated[list[KeptShare], "what is kept of lines of commits, by age and author, as it was measured last"]
    suggestions: Annotated[list[SuggestionShare], "what became of suggestions in editors, by provider"]
    reported: Annotated[list[ReportedShare], "what became of lines whose author an editor reported"]
    agents: Annotated[list[AgentSums], "by agent"]
    files: Annotated[list[FileSums], "the files that changed most"]
    file_types: Annotated[list[FileTypeSums], "by type"]
    rules: Annotated[list[RuleSums], "by rule"]
    history: Annotated[list[HistorySums], "from before obsd watched; in no other sum"]
    discards: Annotated[list[DiscardSums], "work that git discarded, by command"]
    anomalies: Annotated[list[Anomaly], "the last ones"]
    figures: Annotated[DayFigures, "the sums that `before` has, with the cost and the tokens that agents declared"]
    before: Annotated[DayFigures | None, "the time before, which is as long; null: the record does not reach back"]
    slot_seconds: Annotated[int, "the length of a slot"]
    slots: Annotated[list[Slot], "the time in parts"]
    agent_sessions: Annotated[list[AgentSession], "what agents declared, the last ten"]
    by_author: Annotated[list[NamedSums], "with `--by author` only: by the name in commits"]
    html: Annotated[str, "the path of the page"]
