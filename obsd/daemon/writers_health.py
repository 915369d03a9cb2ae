"""How the kernel's word on writers is, in words: a source's state for status and doctor, and the conditions of health.

Owns which states are conditions. A helper that was never there is none: it is shown as what a source lacks. On the
event loop.
"""

from __future__ import annotations

import asyncio
import time
from typing import Final

from obsd.health import Health
from obsd.sources.author_sources import AuthorSources, SourceState
from obsd.writers.seen import WritersLost, WritersState

LOST_SECONDS: Final = 3600.0
"""For so long it is shown that reports of writers were dropped."""

_ABSENT: Final = frozenset({"", "no_helper", "kernel"})
"""Reasons for which a machine simply has no such source."""

_QUEUE_HINT: Final = "raise fs.fanotify.max_queued_events with sysctl, as root"
_PART_HINT: Final = "docs/authorship.md lists the limits; everything else works"


class WritersHealth:
    """Shows each state and each loss."""

    def __init__(self, health: Health, states: AuthorSources) -> None:
        self._health = health
        self._states = states
        self._state = WritersState(False)
        self._was_up = False
        self._lost = ""
        self._times = 0
        self._forgetting: asyncio.TimerHandle | None = None

    def changed(self, state: WritersState) -> None:
        """The source became another one."""
        self._state = state
        self._was_up = self._was_up or state.up
        raised = {"text": state.text, "hint": state.hint}
        self._raise("writers_ended", not state.up and self._was_up, raised)
        self._raise("writers_refused", not self._was_up and state.reason not in _ABSENT, raised)
        self._raise("writers_in_part", state.up and bool(state.detail), {"detail": state.detail})
        self._show()

    def lost(self, lost: WritersLost) -> None:
        """The kernel dropped what it had to say of writers."""
        self._times += 1
        at = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(lost.until))
        self._lost = f"reports of writers were dropped, the last at {at}"
        self._health.raise_("writers_lost", times=self._times, time=at)
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = asyncio.get_running_loop().call_later(LOST_SECONDS, self._forget)
        self._show()

    def _forget(self) -> None:
        self._lost = ""
        self._health.clear("writers_lost")
        self._show()

    def _raise(self, code: str, holds: bool, fields: dict[str, str]) -> None:
        if holds:
            self._health.raise_(code, **fields)
        else:
            self._health.clear(code)

    def _show(self) -> None:
        state = self._state
        if not state.up:
            shown = SourceState(False, state.text, state.hint)
        elif self._lost:
            shown = SourceState(True, self._lost, _QUEUE_HINT)
        else:
            shown = SourceState(True, state.detail, _PART_HINT if state.detail else "")
        self._states.put("writers", shown)
