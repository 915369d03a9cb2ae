"""Conditions: raised, cleared, in order, logged once."""

from __future__ import annotations

import logging

import pytest

from obsd.daemon.status import summary
from obsd.health import CONDITIONS, Health


def test_a_condition_is_held_until_it_is_cleared() -> None:
    calls: list[bool] = []
    health = Health()
    health.listen(lambda: calls.append(health.degraded))
    health.raise_("workspace_failed", "shop", detail="gone\x1b[2J")
    [held] = health.list()
    assert (held.code, held.severity, held.workspace) == ("workspace_failed", "error", "shop")
    assert held.text.isprintable()
    health.clear("workspace_failed", "shop")
    health.clear("workspace_failed", "shop")
    assert health.list() == []
    assert calls == [True, False]


def test_it_is_logged_when_it_is_new_or_reads_differently(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    health = Health()
    for error in ("full", "full", "read-only"):
        health.raise_("ledger_unwritable", error=error, hint="make room")
    assert len(caplog.records) == 2


def test_the_worst_comes_first_and_an_information_is_no_fault() -> None:
    health = Health()
    health.raise_("config_needs_restart", keys="agents")
    assert not health.degraded
    health.raise_("workspace_degraded", "b", detail="x")
    health.raise_("workspace_degraded", "a", detail="x")
    health.raise_("workspace_failed", "c", detail="x")
    order = [(held.severity, held.workspace) for held in health.list()]
    assert order == [("error", "c"), ("warning", "a"), ("warning", "b"), ("info", "")]
    health.forget("c")
    assert health.list()[0].workspace == "a"


def test_every_condition_has_a_hint_and_a_code_of_its_own() -> None:
    for code, condition in CONDITIONS.items():
        assert code == condition.code
        assert condition.text
        assert condition.hint


def test_the_summary_counts() -> None:
    assert summary([], []) == "0 workspaces"
    assert summary(["watching"], []) == "1 workspace: 1 watching"
    shown = summary(["watching", "failed", "watching"], ["error", "warning", "warning", "info"])
    assert shown == "3 workspaces: 2 watching, 1 failed; 1 error, 2 warnings"
