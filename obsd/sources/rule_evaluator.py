"""When the workflow rules of a workspace are evaluated, and what is recorded of it.

Owns the times: soon after facts that may change a verdict, when time alone may, and every few minutes while a session
runs; nothing is polled when all is idle. The rules themselves are in `obsd/rules/builtin`. On the event loop; git is
asked in a reader.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from obsd.authorship.facts import ChangeAttributed
from obsd.errors import NoSuchWorkspace, TimedOut
from obsd.facts import (
    ClockStepped,
    CommitMade,
    CommitRewritten,
    Fact,
    FileChanged,
    GitChangedFiles,
    SessionEnded,
    SessionStarted,
    Ticked,
    WorkspaceRemoved,
)
from obsd.ledger import ChangeRow, Ledger
from obsd.readers.pool import Git
from obsd.recorder import Recorder
from obsd.rules.git_state import GitState, commits, read_git_state
from obsd.rules.registry import WORKSPACE_RULES
from obsd.rules.rule import Limit, Need, Tree, is_on
from obsd.rules.session_changes import MAX_PATHS, SessionChanges
from obsd.rules.uncommitted_paths import UncommittedPaths, are_kept
from obsd.rules.verdicts import Verdicts
from obsd.sources.rule_pacing import Pacing
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.tasks.supervision import cancel, log_failure, supervise
from obsd.views.state import SessionState
from obsd.workspaces.workspace import Workspace, Workspaces

log = logging.getLogger(__name__)

SLOW_SECONDS: Final = 300.0
PATIENCE_SECONDS: Final = 10.0
"""How long a commit waits for its verdicts before it is recorded without."""
MAX_COMMITS: Final = 200
"""More commits than this at once are history, of which only the latest are evaluated."""
_FREQUENT: Final = (FileChanged, ChangeAttributed)
"""These come by the thousand and say nothing of commits and upstreams: they can wait, the others cannot."""
_ASKING: Final = (*_FREQUENT, CommitMade, CommitRewritten, GitChangedFiles, SessionStarted, SessionEnded)
_FOLLOWED: Final = frozenset(kind.__name__ for kind in (*_ASKING, Ticked, ClockStepped, WorkspaceRemoved))

Limits = Callable[[str], dict[str, Limit]]


@dataclass(slots=True)
class _Workspace:
    """What is remembered of a workspace; `evaluated_at` is by the event loop's clock, when git was asked what it had to
    be."""

    session: SessionChanges = field(default_factory=SessionChanges)
    uncommitted: UncommittedPaths = field(default_factory=UncommittedPaths)
    pacing: Pacing = field(default_factory=Pacing)
    evaluated_at: float | None = None
    upstream_asked: bool = False


class RuleEvaluator:
    """For the workspaces of a register; `limits` gives the settings of a workspace's rules, by their names."""

    def __init__(self, recorder: Recorder, workspaces: Workspaces, limits: Limits, git: Git) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._limits = limits
        self._git = git
        self._known: defaultdict[str, _Workspace] = defaultdict(_Workspace)
        self._queue = CoalescingQueue("the evaluation of its rules", self._evaluate, self._wait)
        self._following: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Takes up the sessions that run, and follows the facts."""
        self._following = supervise("the evaluation of rules", self._follow)

    async def stop(self) -> None:
        """Ends it."""
        await cancel(self._following)
        await self._queue.stop()

    async def verdicts(self, workspace: Workspace, facts: Sequence[Fact]) -> list[Fact]:
        """Returns what follows from commits and amends that are about to be recorded: to be recorded with them.

        So no restart comes between a commit and its verdicts.
        """
        made = [fact for fact in facts if isinstance(fact, CommitMade)][-MAX_COMMITS:]
        rewritten = [fact for fact in facts if isinstance(fact, CommitRewritten) and fact.operation == "amend"]
        amended = [fact.new_id for fact in rewritten][-MAX_COMMITS:]
        if not made and not amended:
            return []
        name, limits = workspace.name, self._limits(workspace.name)
        want_paths = is_on(limits["tests_with_source"])
        reading = self._git.run(workspace.path, commits, workspace.path, made, amended, want_paths)
        try:
            described = await asyncio.wait_for(reading, PATIENCE_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it is, the commits are recorded
            expected = isinstance(error, TimeoutError)
            reason = TimedOut("git_slow", f"git took over {PATIENCE_SECONDS:g} s") if expected else error
            log_failure(log, f"{name}: commits are recorded without the rules' verdicts", reason)
            return []
        verdicts = Verdicts(name, time.time(), limits, partial(self._recorder.views.metrics.rule_broken, name))
        verdicts.commits(described)
        for commit in described:
            self._known[name].session.commit(commit.paths)
        return verdicts.facts

    def ask(self, workspace: str, *, soon: bool = True) -> None:
        """Has the rules of a workspace evaluated, those of its upstream only with `soon`. Never waits."""
        if soon:
            known = self._known[workspace]
            known.upstream_asked = True
            known.pacing.hurry()
        self._queue.ask(workspace)

    def ask_all(self) -> None:
        """Has all workspaces evaluated soon: the settings have changed."""
        for workspace in self._workspaces.list():
            self.ask(workspace.name)

    async def _follow(self) -> None:
        facts = self._recorder.subscribe(kinds=_FOLLOWED)
        try:
            for session in tuple(self._recorder.views.sessions.open.values()):
                for change, row in await self._recorder.query(partial(_changes, session=session)):
                    self._known[session.workspace].session.change(change)
                    if row.agent is not None and row.evidence is not None:
                        self._known[session.workspace].session.author(row.path, row.agent, row.evidence)
                self.ask(session.workspace)
            async for fact in facts:
                self._take(fact)
        finally:
            facts.close()

    def _take(self, fact: Fact) -> None:
        if isinstance(fact, (FileChanged, GitChangedFiles, CommitRewritten)):
            self._known[fact.workspace].uncommitted.take(fact)
        if isinstance(fact, FileChanged):
            self._known[fact.workspace].session.change(fact)
        elif isinstance(fact, ChangeAttributed):
            self._known[fact.workspace].session.author(fact.path, fact.agent, fact.evidence)
        elif isinstance(fact, SessionEnded):
            self._known[fact.workspace].session.end()
        elif isinstance(fact, WorkspaceRemoved):
            self._known.pop(fact.workspace, None)
        elif isinstance(fact, ClockStepped):
            for known in self._known.values():
                known.session.step(fact.seconds)
        elif isinstance(fact, Ticked):
            self._tick(fact.at)
        if isinstance(fact, _ASKING):
            self.ask(fact.workspace, soon=not isinstance(fact, _FREQUENT))

    def _tick(self, at: float) -> None:
        now = asyncio.get_running_loop().time()
        for workspace in self._recorder.views.sessions.open:
            known = self._known[workspace]
            due, evaluated_at = known.session.due_at, known.evaluated_at
            slow = evaluated_at is not None and now - evaluated_at >= SLOW_SECONDS
            if slow or (due is not None and at > due):
                self.ask(workspace)

    async def _wait(self, name: str) -> None:
        await self._known[name].pacing.wait()

    async def _evaluate(self, name: str) -> None:
        loop, known, limits = asyncio.get_running_loop(), self._known[name], self._limits(name)
        try:
            workspace = self._workspaces.get(name)
        except NoSuchWorkspace:
            del self._known[name]
            return
        started = loop.time()
        needs = {need for rule in WORKSPACE_RULES if is_on(limits[rule.name]) for need in rule.needs}
        if not known.upstream_asked:
            needs.discard("upstream")
        known.upstream_asked = False
        at_most = known.uncommitted.at_most(started) if "status" in needs else None
        enough = at_most is not None and are_kept(WORKSPACE_RULES, limits, self._tree(name, GitState(at_most)))
        owed = "status" in needs and not enough and started < known.uncommitted.not_before
        if enough or owed:
            needs.discard("status")
        state = await self._read(workspace, known, needs)
        if enough:
            state = replace(state, uncommitted=at_most)
        else:
            known.evaluated_at = loop.time()
        facts = self._verdicts(name, limits, state)
        if workspace in self._workspaces.list():
            await self._recorder.record(facts)
        busy = self._queue.is_asked_again(name)
        known.pacing.rest(loop.time() - started, busy, known.uncommitted.not_before if owed else 0.0)
        if owed:
            self._queue.ask(name)

    async def _read(self, workspace: Workspace, known: _Workspace, needs: set[Need]) -> GitState:
        """What git has; asks nothing that is not needed."""
        if not needs:
            return GitState()
        loop, asks = asyncio.get_running_loop(), "status" in needs
        if asks:
            known.uncommitted.ask(loop.time())
        state = await self._git.run(workspace.path, read_git_state, workspace.path, frozenset(needs))
        if asks:
            known.uncommitted.answer(state.uncommitted, loop.time(), state.status_seconds)
            if state.uncommitted is not None:
                known.session.compare(state.uncommitted, time.time())
        return state

    def _tree(self, name: str, state: GitState) -> Tree:
        session = self._known[name].session
        return Tree(
            now=time.time(),
            uncommitted=state.uncommitted,
            uncommitted_since=session.since,
            by_agents=session.by_agents,
            behind=None if state.upstream is None else state.upstream.behind,
            upstream=state.upstream.name if state.upstream else "",
            upstream_id=state.upstream.id if state.upstream else "",
        )

    def _verdicts(self, name: str, limits: dict[str, Limit], state: GitState) -> list[Fact]:
        session, views = self._known[name].session, self._recorder.views
        verdicts = Verdicts(name, time.time(), limits, partial(views.metrics.rule_broken, name))
        verdicts.off()
        verdicts.tree(self._tree(name, state))
        session.due_at = verdicts.again_at
        if name not in views.sessions.open and session.forget_authors():
            self.ask(name, soon=False)
        return verdicts.facts


def _changes(ledger: Ledger, session: SessionState) -> list[tuple[FileChanged, ChangeRow]]:
    """The changes of a session so far, oldest first; those before its last commit are taken to be as old as that."""
    last = next((row.recorded_at for row in ledger.commits(session.workspace, limit=1)), session.began_at)
    rows = reversed(ledger.changes(session.workspace, MAX_PATHS))
    return [(_fact(row, max(row.at, last)), row) for row in rows if row.at >= session.began_at - 1]


def _fact(row: ChangeRow, at: float) -> FileChanged:
    return FileChanged(
        at=at,
        workspace=row.workspace,
        path=row.path,
        operation="modified",
        file_type=row.file_type,
        lines_added=row.lines_added,
        lines_removed=row.lines_removed,
        previous_path=row.previous_path,
    )
