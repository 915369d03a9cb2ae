"""Activity: hands recorded facts to whoever listens, without ever waiting for a listener.

Owns the subscriptions. Each has a bounded queue; what a slow listener misses is counted. Event loop only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from obsd.facts import Fact

QUEUE_FACTS = 10_000


class Subscription:
    """An asynchronous iterator over facts from the subscription on; it ends when it is closed."""

    def __init__(self, workspace: str, kinds: frozenset[str], on_close: Callable[[Subscription], None]) -> None:
        self._workspace = workspace
        self.kinds = kinds
        self._on_close = on_close
        self._queue: deque[Fact] = deque()
        self._changed = asyncio.Event()
        self._closed = False
        self.dropped = 0

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> Fact:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()
        return self._queue.popleft()

    def offer(self, fact: Fact) -> None:
        """Queue a fact that is asked for; a full queue drops it and counts that in `dropped`."""
        if self._workspace and fact.workspace != self._workspace:
            return
        if self.kinds and type(fact).__name__ not in self.kinds:
            return
        if len(self._queue) >= QUEUE_FACTS:
            self.dropped += 1
            return
        self._queue.append(fact)
        self._changed.set()

    def queued(self) -> list[Fact]:
        """Returns what is queued, which the iteration then does not give."""
        found = list(self._queue)
        self._queue.clear()
        return found

    def close(self) -> None:
        """End the iteration after what is queued. Closing twice is closing once."""
        if not self._closed:
            self._closed = True
            self._changed.set()
            self._on_close(self)


class SubscriptionsView:
    """All subscriptions."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()

    def subscribe(self, workspace: str = "", kinds: frozenset[str] = frozenset()) -> Subscription:
        """Facts of a workspace ("": all) and of some kinds (none given: all that are recorded), from now on."""
        subscription = Subscription(workspace, kinds, self._subscriptions.discard)
        self._subscriptions.add(subscription)
        return subscription

    def publish(self, facts: Sequence[Fact]) -> None:
        """Hand out facts that are recorded. Those that only move numbers are for who asks for their kind."""
        for subscription in self._subscriptions:
            for fact in facts:
                if fact.recorded or subscription.kinds:
                    subscription.offer(fact)

    def close(self) -> None:
        """End all subscriptions."""
        for subscription in tuple(self._subscriptions):
            subscription.close()
