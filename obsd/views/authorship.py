"""Authorship: which changes wait for their author.

Owns the wait. A change is attributed as soon as the kernel's word or a record proves its author, and at the latest
when no source can speak of it any more; then `ChangeAttributed` is derived, once. A change that stayed unknown is
remembered for a while, so that evidence that comes late corrects the record. Changes that wait have no author in the
ledger, so that a restart attributes each of them once. Facts bring the time. Does no I/O, reads no clock. Event loop
only.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from obsd.authorship.attribution import attribute, runs_near
from obsd.authorship.author import Author
from obsd.authorship.evidence import Change, ToolRun, Write
from obsd.authorship.evidence_memory import MAX_PLACES, MEMORY_SECONDS, EvidenceMemory, LastReport
from obsd.authorship.facts import ChangeAttributed, WriteRecorded, WriterSeen, WritersLost
from obsd.authorship.open_changes import OpenChanges, Place
from obsd.facts import ClockStepped, Fact, FileChanged, WorkspaceRemoved
from obsd.facts.editors import EditorSaved
from obsd.facts.telemetry import AgentHeard, AgentToolRan
from obsd.views.settings import ViewSettings
from obsd.views.state import RestoredState

_EDIT_TOOL: Final = "edit"
_SHELL_TOOL: Final = "shell"


class AuthorshipView:
    """The changes that wait, and those that stayed unknown lately."""

    def __init__(self, settings: ViewSettings) -> None:
        self.settings = settings
        self.next_change = 1
        self.waiting = OpenChanges()
        self.unknown = OpenChanges()
        self.memory = EvidenceMemory()
        self.scanned_at: OrderedDict[Place, float] = OrderedDict()
        self.resumed_at: float | None = None
        """The first fact after a restart: what waited before it waits anew, for the sources have to catch up."""

    def restore(self, state: RestoredState) -> None:
        """Take over what the ledger kept: the changes that have no author yet, and the records read lately."""
        self.next_change = state.next_change
        for change in state.waiting_changes:
            self.waiting.add(change)
        for fact in state.recent_claims:
            self.memory.add_claim(fact)

    def next_deadline(self) -> float | None:
        """When time alone decides of a change, in Unix seconds; None: of none."""
        if self.resumed_at is None:
            return None
        wait, oldest, over_at = self.settings.author_wait_seconds, self.waiting.oldest(), self.memory.next_run_over()
        times = ([oldest.at + wait] if oldest else []) + ([over_at] if over_at is not None else [])
        return max(self.resumed_at + wait, min(times)) if times else None

    def stage(self) -> AuthorshipStage:
        """A place to fold facts in without touching what is in force."""
        return AuthorshipStage(self)

    def apply(self, stage: AuthorshipStage) -> None:
        """Put staged changes and authors in force; evidence that was used is gone."""
        self.next_change = stage.next_change
        for workspace in stage.removed:
            self._forget(workspace)
        for change in stage.fresh:
            place = change.workspace, change.path
            self.scanned_at[place] = change.at
            self.scanned_at.move_to_end(place)
            self.waiting.add(change)
        for number, author in stage.decided.items():
            self._settle(number, author)
        for number in stage.reviewed:
            self.unknown.pop(number)
        self.memory.forget_old(stage.now)
        while len(self.scanned_at) > MAX_PLACES:
            self.scanned_at.popitem(last=False)

    def _settle(self, number: int, author: Author) -> None:
        change = self.waiting.pop(number) or self.unknown.pop(number)
        if change is None:
            return
        if author.evidence == "none":
            self.unknown.add(change)
        else:
            self.memory.use_up(change)

    def _forget(self, workspace: str) -> None:
        self.memory.forget(workspace)
        self.waiting.forget(workspace)
        self.unknown.forget(workspace)
        for place in [place for place in self.scanned_at if place[0] == workspace]:
            del self.scanned_at[place]


class AuthorshipStage:
    """Changes and authors as they will be when the facts folded here are durable.

    Evidence goes into the view's memory at once: it says nothing by itself, and one that is there twice says no more.
    """

    def __init__(self, view: AuthorshipView) -> None:
        self._view = view
        self.next_change = view.next_change
        self.fresh = OpenChanges()
        self.decided: dict[int, Author] = {}
        self.reviewed: list[int] = []
        """Changes that stayed unknown for so long that nothing more can come."""
        self.removed: set[str] = set()
        self.now = 0.0
        self._scanned_at: dict[Place, float] = {}

    def numbered(self, fact: Fact) -> Fact:
        """The fact as it is recorded: a change with its number."""
        if not isinstance(fact, FileChanged):
            return fact
        self.next_change += 1
        return _numbered(fact, self.next_change - 1)

    def ending(self, fact: Fact) -> list[Fact]:
        """The authors to be recorded before a fact: what waits in a workspace that is removed waits no longer."""
        if not isinstance(fact, WorkspaceRemoved):
            return []
        self.now = max(self.now, fact.at)
        waiting = (change for change in (*self._view.waiting, *self.fresh) if change.workspace == fact.workspace)
        return list(self._attribute([change for change in waiting if self._is_open(change)], final=True))

    def fold(self, fact: Fact) -> list[Fact]:
        """The authors that follow from a fact, to be recorded after it."""
        self.now = max(self.now, fact.at)
        if self._view.resumed_at is None:
            self._view.resumed_at = fact.at
        memory = self._view.memory
        if isinstance(fact, FileChanged):
            change = self._change(fact)
            self.fresh.add(change)
            return list(self._attribute([change], final=self._view.settings.author_wait_seconds <= 0))
        if isinstance(fact, WriterSeen | WriteRecorded | EditorSaved):
            self._remember(fact)
            return list(self._attribute(self._of((fact.workspace, fact.path))))
        if isinstance(fact, AgentToolRan):
            self._ran(fact)
            return []
        if isinstance(fact, AgentHeard):
            if fact.session:
                memory.add_last_report((fact.agent, fact.session), LastReport(fact.at, fact.last_at, fact.workspace))
            return []
        if isinstance(fact, WritersLost):
            memory.add_lost(fact.since, fact.at)
            return []
        if isinstance(fact, WorkspaceRemoved):
            self._remove(fact.workspace)
            return []
        # By a clock that was set, no deadline is where it was.
        return list(self._overdue(float("inf") if isinstance(fact, ClockStepped) else fact.at))

    def _remember(self, fact: WriterSeen | WriteRecorded | EditorSaved) -> None:
        memory = self._view.memory
        if isinstance(fact, WriterSeen):
            write = Write(fact.at, fact.agent, fact.session, fact.program, fact.weak)
            memory.add_write(fact.workspace, fact.path, write)
        elif isinstance(fact, WriteRecorded):
            memory.add_claim(fact)
        else:
            memory.add_save(fact)

    def _ran(self, fact: AgentToolRan) -> None:
        edits = fact.tool == _EDIT_TOOL
        # An edit that failed wrote nothing; of a command that failed nobody knows.
        if fact.session and ((edits and fact.ok) or fact.tool == _SHELL_TOOL):
            self._view.memory.add_run(
                ToolRun(fact.agent, fact.session, fact.started_at, fact.ended_at, edits, fact.workspace)
            )

    def _change(self, fact: FileChanged) -> Change:
        place = fact.workspace, fact.path
        since = self._scanned_at.get(place) or self._view.scanned_at.get(place, 0.0)
        self._scanned_at[place] = fact.at
        return Change(
            number=fact.change,
            at=fact.at,
            workspace=fact.workspace,
            path=fact.path,
            operation=fact.operation,
            since=since,
            lines_added=fact.lines_added,
            lines_removed=fact.lines_removed,
            content_id=fact.content_id,
            previous_path=fact.previous_path,
        )

    def _remove(self, workspace: str) -> None:
        """Drop what a workspace had; one of the same name that comes after it is another."""
        self.removed.add(workspace)
        self.fresh.forget(workspace)
        for place in [place for place in self._scanned_at if place[0] == workspace]:
            del self._scanned_at[place]

    def _of(self, place: Place) -> list[Change]:
        found = (*self._view.unknown.of(place), *self._view.waiting.of(place), *self.fresh.of(place))
        return [change for change in found if self._is_open(change)]

    def _is_open(self, change: Change) -> bool:
        if change.number in self.decided:
            return False
        return change.workspace not in self.removed or change.number in self.fresh

    def _overdue(self, now: float) -> Iterator[Fact]:
        limit = now - self._view.settings.author_wait_seconds
        # What waited before a restart waits anew: its evidence is still to be read.
        if (self._view.resumed_at or 0.0) > limit:
            return
        for changes in (self._view.waiting, self.fresh):
            due = [change for change in changes.until(limit) if self._is_open(change)]
            yield from self._attribute(due, final=True)
        if over := self._view.memory.take_over(now):
            late = [change for change in self._view.unknown if self._is_open(change) and runs_near(change, over)]
            yield from self._attribute(late, final=True)
        old = [change for change in self._view.unknown.until(now - MEMORY_SECONDS) if self._is_open(change)]
        yield from self._attribute(old, final=True, last=True)
        self.reviewed += [change.number for change in old if change.number not in self.decided]

    def _attribute(self, changes: list[Change], final: bool = False, last: bool = False) -> Iterator[Fact]:
        """The authors that are known now; `final`: no other source is waited for, `last`: nor is telemetry."""
        memory = self._view.memory
        for change in changes:
            runs = self._runs(change, last) if final else ()
            others = self._unexplained() if runs else ()
            author = attribute(change, memory.writes(change), memory.claims(change), runs, others, memory.saves(change))
            late = change.number in self._view.unknown
            if author.evidence == "none" and (late or not final):
                continue
            self.decided[change.number] = author
            yield _attributed(change, author, self.now, late)

    def _runs(self, change: Change, last: bool) -> Sequence[ToolRun]:
        """The tools that speak for a change: all that ran, once no session can say any more that one of its own did."""
        memory = self._view.memory
        near = runs_near(change, memory.runs)
        if near and not last:
            still_running = any(run.over_at > self.now for run in near)
            if still_running or memory.silent(change) - {run.owner for run in near}:
                return ()
        return memory.runs if near else ()

    def _unexplained(self) -> Iterator[Change]:
        """The changes for which only telemetry speaks, or nothing."""
        for change in chain(self._view.unknown, self._view.waiting, self.fresh):
            if (author := self.decided.get(change.number)) is None or author.evidence in ("telemetry", "none"):
                yield change


def _numbered(fact: FileChanged, number: int) -> FileChanged:
    """Returns the fact with a number; `dataclasses.replace` takes four times as long."""
    return FileChanged(
        fact.at,
        fact.workspace,
        fact.path,
        fact.operation,
        fact.file_type,
        fact.lines_added,
        fact.lines_removed,
        fact.unmeasured,
        fact.previous_path,
        fact.content_id,
        number,
        fact.edit,
    )


def _attributed(change: Change, author: Author, now: float, late: bool) -> ChangeAttributed:
    return ChangeAttributed(
        at=now,
        workspace=change.workspace,
        change=change.number,
        path=change.path,
        agent=author.agent,
        evidence=author.evidence,
        session=author.session,
        program=author.program,
        lines_added=change.lines_added,
        lines_removed=change.lines_removed,
        late=late,
    )
