"""Adherence: when workflow rules are held against a workspace, and what is recorded of it.

Owns the times: soon after facts that may change a verdict, when time alone may, and every few minutes while a session
runs; nothing is polled when all is idle. The rules themselves are in `obsd/rules/kinds`. On the event loop; git is
asked on a worker thread of its own, one workspace after the other.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final

from obsd.facts import (
    AgentsPresent,
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
from obsd.git import program
from obsd.ledger import ChangeRow, Ledger
from obsd.recorder import Recorder, Subscription
from obsd.rules.git_state import Survey, commits, survey
from obsd.rules.registry import RULES, WORKSPACE_RULES
from obsd.rules.rule import Limit, Need, Tree, is_on
from obsd.rules.session_changes import MAX_PATHS, SessionChanges
from obsd.rules.verdicts import Verdicts
from obsd.text import printable
from obsd.views.state import SessionState
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)

SETTLE_SECONDS: Final = 0.5
"""Facts come in bursts: a workspace is judged so long after the first."""
PAUSE_SECONDS: Final = 2.0
MAX_PAUSE_SECONDS: Final = 16.0
PAUSE_FACTOR: Final = 30.0
"""The least time between two judgements: it doubles while files go on changing, and is so many times what one took."""
SLOW_SECONDS: Final = 300.0
PATIENCE_SECONDS: Final = 10.0
"""How long a commit waits for its verdicts before it is recorded without."""
MAX_COMMITS: Final = 200
"""More commits than this at once are history, of which only the latest are judged."""
_ASKING: Final = (
    *(FileChanged, CommitMade, CommitRewritten, GitChangedFiles, AgentsPresent),
    *(SessionStarted, SessionEnded),
)
_OFTEN: Final = (FileChanged, AgentsPresent)
"""These come by the thousand and say nothing of commits and upstreams: they can wait, the others cannot."""
_HEARD: Final = frozenset(kind.__name__ for kind in (*_ASKING, Ticked, ClockStepped, WorkspaceRemoved))

Limits = Callable[[str], dict[str, Limit]]


class Adherence:
    """`workspaces` gives those that are registered, `limits` the settings of a workspace's rules by name."""

    def __init__(self, recorder: Recorder, workspaces: Callable[[], Sequence[Workspace]], limits: Limits) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._limits = limits
        self._git = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rules")
        self._courses: defaultdict[str, SessionChanges] = defaultdict(SessionChanges)
        self._judged_at: dict[str, float] = {}
        self._not_before: dict[str, float] = {}
        self._pause: dict[str, float] = {}
        self._hurry: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._upstream: set[str] = set()
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Takes up the sessions that run, and follows the facts."""
        facts = self._recorder.subscribe(kinds=_HEARD)
        for session in tuple(self._recorder.views.sessions.open.values()):
            changes = await self._recorder.query(partial(_changes, session=session))
            for change in changes:
                self._courses[session.workspace].change(change)
            self.ask(session.workspace)
        self._following = asyncio.create_task(self._follow(facts), name="adherence")

    async def stop(self) -> None:
        """Ends it."""
        tasks = [*self._waiting.values(), *([self._following] if self._following else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        program.kill_all()
        await asyncio.to_thread(self._git.shutdown, wait=True, cancel_futures=True)

    async def judge(self, workspace: Workspace, facts: Sequence[Fact]) -> list[Fact]:
        """What follows from commits and amends that are about to be recorded: to be recorded with them.

        So no restart comes between a commit and its verdicts.
        """
        made = [fact for fact in facts if isinstance(fact, CommitMade)][-MAX_COMMITS:]
        rewritten = [fact for fact in facts if isinstance(fact, CommitRewritten) and fact.operation == "amend"]
        amended = [fact.new_id for fact in rewritten][-MAX_COMMITS:]
        if not made and not amended:
            return []
        limits, metrics = self._limits(workspace.name), self._recorder.views.metrics
        reading = asyncio.to_thread(commits, workspace.path, made, amended, is_on(limits["tests_with_source"]))
        try:
            found = await asyncio.wait_for(reading, PATIENCE_SECONDS)
        except Exception:
            log.exception("%s: commits are not held against the rules", printable(workspace.name))
            return []
        judgement = Verdicts(
            workspace.name, time.time(), limits, lambda rule: metrics.rule_broken(workspace.name, rule)
        )
        judgement.commits(found)
        for commit in found:
            self._courses[workspace.name].commit(commit.paths)
        return judgement.facts

    def ask_all(self) -> None:
        """Has all workspaces judged soon: the settings have changed."""
        for workspace in self._workspaces():
            self.ask(workspace.name)

    async def _follow(self, facts: Subscription) -> None:
        async for fact in facts:
            try:
                self._hear(fact)
            except Exception:
                log.exception("a fact could not be held against the rules")

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, FileChanged):
            self._courses[fact.workspace].change(fact)
        elif isinstance(fact, SessionEnded):
            self._courses[fact.workspace].end()
        elif isinstance(fact, WorkspaceRemoved):
            self._forget(fact.workspace)
        elif isinstance(fact, ClockStepped):
            for course in self._courses.values():
                course.step(fact.seconds)
        elif isinstance(fact, Ticked):
            self._tick(fact.at)
        if isinstance(fact, _ASKING):
            self.ask(fact.workspace, soon=not isinstance(fact, _OFTEN))

    def _tick(self, at: float) -> None:
        now = asyncio.get_running_loop().time()
        for workspace in self._recorder.views.sessions.open:
            due = self._courses[workspace].due_at
            slow = now - self._judged_at.get(workspace, now) >= SLOW_SECONDS
            if slow or (due is not None and at > due):
                self.ask(workspace)

    def _forget(self, workspace: str) -> None:
        for memory in (self._courses, self._judged_at, self._not_before, self._pause):
            memory.pop(workspace, None)
        self._upstream.discard(workspace)

    def ask(self, workspace: str, *, soon: bool = True) -> None:
        """Has a workspace judged, its upstream only with `soon`. Never waits."""
        if soon:
            self._upstream.add(workspace)
            self._pause.pop(workspace, None)
            self._not_before.pop(workspace, None)
            self._hurry[workspace].set()
        if workspace in self._waiting:
            self._again.add(workspace)
        else:
            self._waiting[workspace] = asyncio.create_task(self._soon(workspace))

    async def _soon(self, workspace: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._turn(workspace, self._not_before.get(workspace, 0.0) - loop.time())
                self._again.discard(workspace)
                started = loop.time()
                await self._judge(workspace)
                self._rest(workspace, loop.time(), PAUSE_FACTOR * (loop.time() - started))
                if workspace not in self._again:
                    return
        except Exception:
            log.exception("%s: its rules could not be judged", printable(workspace))
        finally:
            del self._waiting[workspace]

    async def _turn(self, workspace: str, pause_seconds: float) -> None:
        with suppress(TimeoutError):
            if pause_seconds > 0:
                await asyncio.wait_for(self._hurry[workspace].wait(), pause_seconds)
        self._hurry[workspace].clear()
        await asyncio.sleep(SETTLE_SECONDS)

    def _rest(self, workspace: str, now: float, least_seconds: float) -> None:
        busy = workspace in self._again
        pause = min(2 * self._pause.get(workspace, PAUSE_SECONDS / 2), MAX_PAUSE_SECONDS) if busy else PAUSE_SECONDS
        self._pause[workspace] = pause
        self._not_before[workspace] = now + max(pause, least_seconds)

    async def _judge(self, name: str) -> None:
        workspace = next((one for one in self._workspaces() if one.name == name), None)
        if workspace is None:
            return
        limits = self._limits(name)
        needs = _needs(limits) - (frozenset() if name in self._upstream else {"upstream"})
        self._upstream.discard(name)
        found = await asyncio.get_running_loop().run_in_executor(self._git, survey, workspace.path, needs)
        facts = self._verdicts(name, limits, found)
        self._judged_at[name] = asyncio.get_running_loop().time()
        if workspace in self._workspaces():
            await self._recorder.record(facts)

    def _verdicts(self, name: str, limits: dict[str, Limit], found: Survey) -> list[Fact]:
        now, course, views = time.time(), self._courses[name], self._recorder.views
        if found.uncommitted is not None:
            course.compare(found.uncommitted, now)
        session = views.sessions.open.get(name)
        judgement = Verdicts(name, now, limits, lambda rule: views.metrics.rule_broken(name, rule))
        judgement.off()
        judgement.tree(
            Tree(
                now=now,
                uncommitted=found.uncommitted,
                changed=course.changed,
                uncommitted_since=course.since,
                agents=tuple(session.agents) if session is not None else (),
                behind=None if found.upstream is None else found.upstream.behind,
                upstream=found.upstream.name if found.upstream else "",
                upstream_id=found.upstream.id if found.upstream else "",
            )
        )
        course.due_at = judgement.again_at
        return judgement.facts


def _needs(limits: dict[str, Limit]) -> frozenset[Need]:
    return frozenset(need for rule in WORKSPACE_RULES if is_on(limits[rule.name]) for need in rule.needs)


def limits_of(settings: object) -> dict[str, Limit]:
    """The settings of a `RulesConfig` by the rules' names."""
    return {rule.name: getattr(settings, rule.name) for rule in RULES}


def _changes(ledger: Ledger, session: SessionState) -> list[FileChanged]:
    """The changes of a session so far, oldest first; those before its last commit are taken to be as old as that."""
    last = next((row.recorded_at for row in ledger.commits(session.workspace, limit=1)), session.began_at)
    rows = reversed(ledger.changes(session.workspace, MAX_PATHS))
    return [_fact(row, max(row.at, last)) for row in rows if row.at >= session.began_at - 1]


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
