"""Subscriptions: who gets what, and that nobody waits for a slow one."""

from __future__ import annotations

import asyncio

import pytest

from obsd.facts import Ticked
from obsd.views import subscriptions
from obsd.views.subscriptions import SubscriptionsView
from tests.unit.recording import T0, added, changed


def test_a_subscription_gets_what_it_asked_for() -> None:
    async def story() -> None:
        view = SubscriptionsView()
        everything, mine, ticks = view.subscribe(), view.subscribe("v"), view.subscribe(kinds=frozenset({"Ticked"}))
        tick = Ticked(T0, "")
        view.publish([added(), changed(workspace="v"), tick])
        view.close()
        assert [fact async for fact in everything] == [added(), changed(workspace="v")]
        assert [fact async for fact in mine] == [changed(workspace="v")]
        assert [fact async for fact in ticks] == [tick]

    asyncio.run(story())


def test_a_listener_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        view = SubscriptionsView()
        subscription = view.subscribe()
        waiting = asyncio.ensure_future(anext(subscription))
        await asyncio.sleep(0)
        view.publish([changed()])
        assert await waiting == changed()

    asyncio.run(story())


def test_a_slow_listener_misses_facts_and_is_told_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "QUEUE_FACTS", 3)

    async def story() -> None:
        view = SubscriptionsView()
        subscription = view.subscribe()
        view.publish([changed(str(n)) for n in range(10)])
        assert subscription.dropped == 7
        subscription.close()
        subscription.close()
        view.publish([changed("after")])
        assert [fact.path async for fact in subscription] == ["0", "1", "2"]  # type: ignore[attr-defined]

    asyncio.run(story())
