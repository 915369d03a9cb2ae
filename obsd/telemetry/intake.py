"""The intake: one request after the other becomes facts, and is answered when they are durable.

Owns the order of that: read, count, join, record, and only then put in force what was counted. A request that cannot
be recorded changes nothing, so that the agent may send it again. On the event loop; large requests are read in worker
threads, and what a client that hung up had sent is finished all the same.
"""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from obsd.agents.table import AgentTable
from obsd.errors import ObsdError
from obsd.facts import Fact, WorkspaceRemoved
from obsd.facts.telemetry import (
    AgentCommitted,
    AgentDeclared,
    AgentHeard,
    AgentSessionSeen,
    AgentToolRan,
    TelemetryCounted,
)
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, start, supervise
from obsd.telemetry import editor_reports, otlp
from obsd.telemetry.accumulator import Accumulator, Staged
from obsd.telemetry.attribution import Joined, Joining
from obsd.telemetry.counters import ReceiverCounters, Wire
from obsd.telemetry.otlp import Form, Refused, Signal
from obsd.telemetry.parsing import Batch, read
from obsd.telemetry.peers import Peer
from obsd.telemetry.senders import Sender
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)

_IN_THREAD_BYTES: Final = 64 << 10
_OLDEST_SECONDS: Final = 7 * 86_400.0
_RESTORED_SESSIONS: Final = 500
DURABLE_SECONDS: Final = 25.0
"""An answer waits so long for a ledger that stopped working meanwhile: longer than another program may lock it."""
_UNKNOWN: Final = Joined("", "none", math.inf, 0.0)
Forward = Callable[[Signal, Form, bytes, str], None]


class Intake:
    """Takes what receivers hand over. `forward` is given every body that was taken, as it came."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        counters: ReceiverCounters,
    ) -> None:
        self.counters = counters
        self.token = secrets.token_hex(8)
        """What marks requests that this obsd forwards."""
        self.forward: Forward = lambda signal, form, body, passed_by: None
        self.on_editor: Callable[[], None] = lambda: None
        """Called when an editor has reported."""
        self._recorder = recorder
        self._workspaces = workspaces
        self._joining = Joining(workspaces, agents)
        self._counts = Accumulator()
        self._one_at_a_time = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take over what the ledger kept. Raises StoreError."""
        series, seen, horizon = await self._recorder.query(lambda ledger: ledger.telemetry.counted())
        self._counts.restore(series, seen, horizon)
        rows = await self._recorder.query(lambda ledger: ledger.telemetry.sessions(limit=_RESTORED_SESSIONS))
        self._joining.restore(rows)
        self._listening = supervise("the attribution of telemetry", self._listen)

    async def stop(self) -> None:
        """End listening to commits."""
        await cancel(self._listening)

    def agent_at(self, workspace: str, at: float) -> str:
        """The agent that telemetry shows at work in a workspace at a time; empty: none, or several."""
        return self._joining.agent_at(workspace, at)

    async def take(
        self, protocol: Wire, signal: Signal, form: Form, body: bytes, peer: Peer, passed_by: str = ""
    ) -> bytes:
        """The answer to a request with a plain body, when all of it is durable. Raises Refused.

        `passed_by` has the tokens of those that forwarded it.
        """
        try:
            batch = await self._read(signal, form, body)
            taken = start("a request of telemetry", self._take(protocol, signal, form, batch, peer))
            taken.add_done_callback(lambda done: self._taken(done, signal, form, body, passed_by))
            return await asyncio.shield(taken)
        except Refused:
            raise
        except ObsdError as error:
            raise Refused(503, error.message) from error
        except Exception as error:
            log.exception("a request of telemetry could not be taken")
            raise Refused(500, "internal error in obsd; its log has the details") from error

    def _taken(self, done: asyncio.Future[bytes], signal: Signal, form: Form, body: bytes, passed_by: str) -> None:
        """Forward what was taken, also where nobody waits for the answer any more."""
        if not done.cancelled() and done.exception() is None:
            self.forward(signal, form, body, passed_by)

    async def _read(self, signal: Signal, form: Form, body: bytes) -> Batch:
        if len(body) > _IN_THREAD_BYTES:
            return await asyncio.to_thread(_batch, signal, form, body)
        return _batch(signal, form, body)

    async def _take(self, protocol: Wire, signal: Signal, form: Form, batch: Batch, peer: Peer) -> bytes:
        if not self._recorder.durable:
            raise Refused(503, "obsd cannot write its ledger now")
        now = time.time()
        async with self._one_at_a_time:
            joined = await self._join(batch, peer, now)
            points = [point for point in batch.points if point.sender in joined]
            happenings = [one for one in batch.happenings if one.report or one.sender in joined]
            staged = self._counts.stage(points, happenings, now)
            self._counts.read(staged)
            work = _work(batch, staged, now)
            joined = {sender: one.at_work(work.get(sender, ())) for sender, one in joined.items()}
            facts = [*_facts(staged, joined, self._known, now), *self._editor_facts(staged, now)]
            await self._recorder.record(facts)
            self._counts.apply(staged)
            if any(one.report for one in batch.happenings):
                self.on_editor()
            for sender, one in joined.items():
                if sender.session:
                    self._joining.put((sender.agent, sender.session), one)
        if not await self._recorder.until_durable(DURABLE_SECONDS):
            # It is counted, in memory: sent again to this process it is known, and sent to the next it counts there.
            raise Refused(503, "obsd cannot write its ledger now")
        left_out = len(batch.points) + len(batch.happenings) - len(points) - len(happenings)
        rejected = batch.rejected + staged.rejected + left_out
        counted = len(points) + len(happenings) - staged.resent - staged.rejected
        self.counters.requests[protocol, "taken"] += 1
        self.counters.count_items(batch.items, counted, staged.resent, rejected, batch.unknown)
        why = "more series or sessions than obsd keeps, or points that are no sums of a known kind" if rejected else ""
        return otlp.answer(signal, form, rejected, why)

    def _editor_facts(self, staged: Staged, now: float) -> Iterable[Fact]:
        workspaces = {workspace.path: workspace.name for workspace in self._workspaces()}
        return editor_reports.facts((one.report for one in staged.fresh if one.report), workspaces, now)

    def _known(self, sender: Sender) -> Joined | None:
        return self._joining.get((sender.agent, sender.session))

    async def _join(self, batch: Batch, peer: Peer, now: float) -> dict[Sender, Joined]:
        """The session of each sender, without those that are too many."""
        joined: dict[Sender, Joined] = {}
        for sender in batch.senders:
            known = self._known(sender) if sender.session else None
            if known is None and sender.session:
                known = await self._remembered(sender)
                if known is None and not self._joining.admit(peer, now):
                    continue
            joined[sender] = await self._joining.join(known or _UNKNOWN, sender, peer)
        return joined

    async def _remembered(self, sender: Sender) -> Joined | None:
        """A session that is in the ledger, or that a commit's hook named before its telemetry came."""
        rows = await self._recorder.query(lambda ledger: ledger.telemetry.sessions(session=sender.session, limit=10))
        one: Joined | None = None
        for row in rows:
            if row.agent == sender.agent:
                self._joining.restore([row])
                one = self._known(sender)
        place = await self._recorder.query(
            lambda ledger: ledger.telemetry.workspace_of_commits(sender.agent, sender.session)
        )
        if place and one is None:
            return replace(_UNKNOWN, workspace=place, joined_by="environment")
        return one.better(place, "environment") if one else None

    async def _listen(self) -> None:
        """Joins sessions with the commits whose hooks name them, and leaves workspaces that go."""
        kinds = frozenset({AgentCommitted.__name__, WorkspaceRemoved.__name__})
        subscription = self._recorder.subscribe(kinds=kinds)
        try:
            async for fact in subscription:
                if isinstance(fact, WorkspaceRemoved):
                    self._joining.forget_workspace(fact.workspace)
                elif isinstance(fact, AgentCommitted):
                    await self._committed(fact)
        finally:
            subscription.close()

    async def _committed(self, fact: AgentCommitted) -> None:
        async with self._one_at_a_time:
            key = (fact.agent, fact.session)
            known = self._joining.get(key)
            if known is None:
                return
            better = known.better(fact.workspace, "environment")
            if better is known:
                return
            try:
                if better.worked:
                    await self._recorder.record([_seen(Sender(*key), better, fact.at)])
            except ObsdError as error:
                log.warning("a session could not be joined with its commit: %s", error.message)
                return
            self._joining.put(key, better)


def _batch(signal: Signal, form: Form, body: bytes) -> Batch:
    return read(signal, otlp.decode(signal, form, body))


def _work(batch: Batch, staged: Staged, now: float) -> dict[Sender, list[tuple[float, float]]]:
    """When senders were at work, by our clock where theirs cannot be right."""
    spans = [*staged.work, *((sender, at, at) for sender, at in batch.senders.items() if at)]
    found: dict[Sender, list[tuple[float, float]]] = {}
    for sender, since, until in spans:
        right = now - _OLDEST_SECONDS < until <= now
        found.setdefault(sender, []).append((since, until) if right else (now - (until - since), now))
    return found


def _facts(
    staged: Staged, joined: dict[Sender, Joined], known: Callable[[Sender], Joined | None], now: float
) -> list[Fact]:
    facts: list[Fact] = []
    for sender, one in joined.items():
        before = known(sender)
        new = before is None or not before.worked or before.workspace != one.workspace
        if sender.session and one.worked and new:
            facts.append(_seen(sender, one, now))
        facts.append(AgentHeard(now, one.workspace, sender.agent, sender.session, one.last_at))
    facts += _declared(staged, joined, now)
    for happening in staged.fresh:
        call, sender = happening.call, happening.sender
        if call is not None and sender.session:
            where = joined[sender].workspace
            facts.append(
                AgentToolRan(
                    now, where, sender.agent, sender.session, call.tool, call.started_at, call.ended_at, call.ok
                )
            )
    if staged.series or staged.seen or staged.gone:
        counts, seen = tuple(staged.series.values()), tuple(staged.seen)
        facts.append(TelemetryCounted(now, "", counts, seen, tuple(staged.gone), staged.horizon_ns))
    return facts


def _declared(staged: Staged, joined: dict[Sender, Joined], now: float) -> Iterable[Fact]:
    """What was declared: one fact for each sum of the request, and for each observation of a latency."""
    sums: dict[tuple[Sender, str, tuple[str, ...]], float] = {}
    for sender, one in staged.readings:
        if one.amount <= 0:
            continue
        if one.measure == "latency_seconds":
            yield _one(sender, joined[sender], one.measure, one.words, one.amount, now)
        else:
            key = (sender, one.measure, one.words)
            sums[key] = sums.get(key, 0.0) + one.amount
    for (sender, measure, words), amount in sums.items():
        yield _one(sender, joined[sender], measure, words, amount, now)


def _one(
    sender: Sender, joined: Joined, measure: str, words: tuple[str, ...], amount: float, now: float
) -> AgentDeclared:
    return AgentDeclared(now, joined.workspace, sender.agent, sender.session, measure, words, amount)


def _seen(sender: Sender, joined: Joined, now: float) -> AgentSessionSeen:
    return AgentSessionSeen(
        at=now,
        workspace=joined.workspace,
        agent=sender.agent,
        session=sender.session,
        joined_by=joined.joined_by,
        started_at=joined.started_at,
        last_at=joined.last_at,
    )
