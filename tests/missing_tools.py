"""Tests that are skipped because a program or a library of others is missing: a run names them at its end, and with
OBSD_ALL_TOOLS=1 they fail. A reason for such a skip has the words "not installed".
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

_WORDS = ("not installed", "could not import")


def reason(report: Any) -> str:
    """Returns why a test, or a module, was skipped if something is missing; else ""."""
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return ""
    said = str(report.longrepr[2]).removeprefix("Skipped: ")
    return said if any(word in said for word in _WORDS) else ""


def _judge(report: Any) -> None:
    missing = reason(report)
    if missing and os.environ.get("OBSD_ALL_TOOLS"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: {missing}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    """A test."""
    outcome: Any = yield
    _judge(outcome.get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    """A module, by `pytest.importorskip` at its top."""
    outcome: Any = yield
    _judge(outcome.get_result())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Names what is missing, and how many tests it takes."""
    missing = Counter(filter(None, map(reason, terminalreporter.stats.get("skipped", ()))))
    if missing:
        terminalreporter.section("not tested, because something is missing")
        for said, count in sorted(missing.items()):
            terminalreporter.line(f"{count:4} {said}")
