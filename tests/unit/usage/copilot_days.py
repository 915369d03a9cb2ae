"""Days of Copilot's usage metrics as the adapter reads them from the stub, for its tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from obsd.config_sections import CopilotConfig
from obsd.usage.copilot import read
from obsd.usage.requests import UsageError
from obsd.usage.steps import DayRead
from tests.copilot_stub import TOKEN, Copilot

DAY = "2026-11-20"


def config(github: Copilot, folder: Path, **settings: Any) -> CopilotConfig:
    path = folder / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    account = {} if "enterprise" in settings else {"organization": "acme"}
    return CopilotConfig(token_file=str(path), url=github.url, **(account | settings))


def day_of(github: Copilot, folder: Path, **settings: Any) -> DayRead:
    [found] = read(config(github, folder, **settings), [DAY])
    return found


def figures(day: DayRead, scope: str = "person") -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in day.figures:
        if one.scope == scope:
            found.setdefault(one.subject, {})[one.measure] = one.amount
    return found


def refusal(github: Copilot, folder: Path, **settings: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        day_of(github, folder, **settings)
    words = f"{caught.value.text} {caught.value.hint}"
    assert (TOKEN in words, "secret" in words, bool(caught.value.hint)) == (False, False, True)
    return caught.value
