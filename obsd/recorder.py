"""The recorder: the one writer. Facts go in, and are durable and seen by all views when `record` returns.

Owns the order of everything that is recorded, the deduplication, and the ledger's thread. What waits is written in
one transaction. While the ledger cannot be written, facts are folded all the same and kept for later; `on_trouble` is
called. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from obsd.errors import StoreError, Unavailable
from obsd.facts import Fact, Ticked
from obsd.ledger import Ledger
from obsd.ledger.backlog import Backlog
from obsd.ledger.deduplication import Deduplication
from obsd.ledger.failures import is_lasting
from obsd.ledger.worker import LedgerThread
from obsd.tasks.supervision import supervise
from obsd.views import Views
from obsd.views.subscriptions import Subscription
from obsd.views.views import Stage

__all__ = ["Recorder", "Sample", "Subscription"]

T = TypeVar("T")
Sample = Callable[[Sequence[Fact]], Awaitable[Sequence[Fact]]]

RETRY_SECONDS: Final = 2.0
_MAX_BATCH_FACTS: Final = 20_000
_TICK_SLACK_SECONDS: Final = 0.01
"""A wait may end a little early; then the deadline is not reached."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Request:
    """Facts of one caller, and where the answer goes."""

    facts: Sequence[Fact]
    answer: asyncio.Future[list[Fact]]
    new: list[Fact] = field(default_factory=list)

    def finish(self) -> None:
        if not self.answer.done():
            self.answer.set_result(self.new)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Recorder:
    """Records into a ledger that it closes when it stops, and folds into views. `clock` gives Unix seconds.

    `sample` is called with each batch; what it returns is folded before the batch. `on_trouble` is called with a reason
    and a text when the ledger stops working, and with two empty texts when it works again.
    """

    def __init__(
        self,
        ledger: Ledger,
        views: Views,
        clock: Callable[[], float] = time.time,
        *,
        sample: Sample | None = None,
        on_trouble: Callable[[str, str], None] | None = None,
    ) -> None:
        self.views = views
        self._sample = sample
        self._on_trouble = on_trouble
        self._thread = LedgerThread(ledger)
        self._clock = clock
        self._backlog = Backlog()
        self._waiting: list[_Request] = []
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._stopping = False
        self._works = asyncio.Event()
        self._works.set()
        self._trouble = ""
        self._retry_at = 0.0
        self._tick_at = 0.0

    async def start(self) -> None:
        """Restore the views and begin to write. Raises StoreError."""
        self.views.restore(await self._thread.run(Ledger.state))
        self._writer = supervise("the recorder", self._run)

    @property
    def durable(self) -> bool:
        """False while facts are kept in memory alone."""
        return not self._trouble

    async def until_durable(self, seconds: float) -> bool:
        """Whether what was recorded so far is written, as soon as it is; False when that takes too long."""
        try:
            async with asyncio.timeout(seconds):
                await self._works.wait()
        except TimeoutError:
            return False
        return True

    async def record(self, facts: Sequence[Fact]) -> list[Fact]:
        """Write facts; returns those that were new, with the facts that follow from them.

        Raises Unavailable (`stopping`), and StoreError for commits while the ledger cannot say whether they are new.
        """
        if not facts:
            return []
        if self._stopping or self._writer is None:
            raise Unavailable("stopping", "nothing is recorded: obsd is starting or stopping", "try again in a moment")
        request = _Request(facts, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        self._wake.set()
        return await request.answer

    async def query(self, fn: Callable[[Ledger], T]) -> T:
        """Run a read on the ledger's thread. Raises StoreError."""
        return await self._thread.run(fn)

    async def prune(self, retention_days: float, max_bytes: int) -> None:
        """Bring the ledger within its bounds, in steps between which others are served. Raises StoreError."""
        while await self._thread.run(lambda ledger: ledger.prune(self._clock(), retention_days, max_bytes)):
            pass
        least = await self._thread.run(lambda ledger: ledger.paths_due(self._clock()))
        if least:
            await self._drop_paths(least)

    async def _drop_paths(self, least: int) -> None:
        while await self._thread.run(lambda ledger: ledger.drop_unused_paths(self._clock(), least)):
            pass
        while await self._thread.run(Ledger.give_back):
            pass

    async def forget(self, workspace: str) -> None:
        """Delete the record of a workspace that is not registered, in steps likewise. Raises StoreError."""
        while await self._thread.run(lambda ledger: ledger.forget(workspace)):
            pass
        await self._drop_paths(1)

    def subscribe(self, workspace: str = "", kinds: frozenset[str] = frozenset()) -> Subscription:
        """Facts from now on, of a workspace ("": all) and of some kinds (none given: all that are recorded)."""
        return self.views.subscriptions.subscribe(workspace, kinds)

    async def stop(self) -> None:
        """Write what waits, end the subscriptions and close the ledger."""
        self._stopping = True
        self._wake.set()
        if self._writer is not None:
            await self._writer
        self.views.subscriptions.close()
        await self._thread.stop()

    async def _run(self) -> None:
        while not (self._stopping and not self._waiting):
            await self._wait()
            requests = self._take()
            if requests:
                await self._process(requests)
            elif self._backlog:
                await self._retry()
            await self._tick()
        if self._backlog:
            self._retry_at = 0.0
            await self._retry()

    async def _wait(self) -> None:
        """Until there is something to do: new facts, or a time to try the ledger again."""
        if self._waiting or self._stopping:
            return
        try:
            await asyncio.wait_for(self._wake.wait(), self._pause_seconds())
        except TimeoutError:
            pass
        self._wake.clear()

    def _pause_seconds(self) -> float | None:
        """How long nothing has to happen; None: for ever."""
        pauses = [RETRY_SECONDS] if self._backlog else []
        deadline = self.views.next_deadline()
        if deadline is not None:
            pauses.append(max(0.0, max(deadline, self._tick_at) - self._clock()) + _TICK_SLACK_SECONDS)
        return min(pauses, default=None)

    async def _tick(self) -> None:
        """Give the views the time, where one of them waits for it."""
        deadline = self.views.next_deadline()
        now = self._clock()
        if deadline is None or max(deadline, self._tick_at) > now:
            return
        request = _Request([Ticked(now, "")], asyncio.get_running_loop().create_future())
        await self._process([request])
        if request.answer.exception() is not None:
            log.error("a tick could not be recorded: %s", request.answer.exception())
            self._tick_at = now + RETRY_SECONDS

    def _take(self) -> list[_Request]:
        count = facts = 0
        while count < len(self._waiting) and facts < _MAX_BATCH_FACTS:
            facts += len(self._waiting[count].facts)
            count += 1
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    async def _process(self, requests: list[_Request]) -> None:
        try:
            await self._write(requests)
        except Exception as error:  # noqa: BLE001 - it goes to the caller whose facts it is about
            if len(requests) == 1:
                requests[0].fail(error)
                return
            for request in requests:
                await self._process([request])
            return
        for request in requests:
            request.finish()

    async def _write(self, requests: list[_Request]) -> None:
        deduplication = Deduplication(fact for request in requests for fact in request.facts)
        if deduplication:
            await self._thread.run(deduplication.look_up)
            deduplication.look_in(self._backlog)
        sampled = await self._sampled(requests)
        stage = self.views.stage()
        stage.fold(sampled)
        for request in requests:
            request.new = stage.fold(deduplication.new(request.facts))
        await self._keep(stage)
        self.views.apply(stage)

    async def _sampled(self, requests: list[_Request]) -> Sequence[Fact]:
        if self._sample is None:
            return ()
        try:
            return await self._sample([fact for request in requests for fact in request.facts])
        except Exception:
            log.exception("agents and clock could not be sampled")
            return ()

    async def _keep(self, stage: Stage) -> None:
        """Have the ledger write a stage, or the backlog keep it."""
        facts = [fact for fact in stage.facts if fact.stored]
        changes = stage.changes()
        if not facts and not changes:
            return
        if self._trouble:
            self._backlog.add(facts, changes)
            await self._retry()
            return
        try:
            await self._thread.run(lambda ledger: ledger.append(facts, changes))
        except StoreError as error:
            if not is_lasting(error):
                raise
            self._backlog.add(facts, changes)
            self._note_trouble(error)

    async def _retry(self) -> None:
        """Write the backlog, when it is time to try."""
        now = asyncio.get_running_loop().time()
        if now < self._retry_at:
            return
        backlog = self._backlog
        try:
            await self._thread.run(lambda ledger: ledger.append(backlog.facts, backlog.changes))
        except StoreError as error:
            if is_lasting(error):
                self._note_trouble(error)
                return
            log.exception("what waited for the ledger cannot be written and is dropped: %d facts", len(backlog.facts))
        if backlog.dropped:
            log.error("while the ledger did not work, %d facts were left out of the record", backlog.dropped)
        backlog.clear()
        self._trouble = ""
        self._works.set()
        log.info("the ledger works again")
        if self._on_trouble is not None:
            self._on_trouble("", "")

    def _note_trouble(self, error: StoreError) -> None:
        self._retry_at = asyncio.get_running_loop().time() + RETRY_SECONDS
        self._works.clear()
        if self._trouble != error.reason:
            log.error("%s; what is seen now is kept in memory", error.message)
            self._trouble = error.reason
            if self._on_trouble is not None:
                self._on_trouble(error.reason, error.message)
