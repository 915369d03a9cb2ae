"""What all views have: the menu, what can be chosen, and what is chosen.

Owns what the filters offer; the agents among it are read from the ledger once a minute. On the event loop.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from obsd.api.daemon_protocol import DaemonPort
from obsd.text import printable
from obsd.web.choice import MAX_ROWS, TIMES, Choice

_LINKS: Final = (
    ("/", "Now"),
    ("/day", "Day"),
    ("/week", "Week"),
    ("/sessions", "Sessions"),
    ("/commits", "Commits"),
    ("/files", "Files"),
    ("/measures", "Measures"),
    ("/health", "Health"),
)
_AGENTS_SECONDS: Final = 60.0
_TIME_NAMES: Final = {
    "today": "today",
    "yesterday": "yesterday",
    "week": "7 days",
    "month": "30 days",
    "quarter": "90 days",
}


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be chosen: its value in an address and its name."""

    value: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the menu."""

    address: str
    name: str
    here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of a view; `path` is the view's own."""

    version: str
    path: str
    choice: Choice
    links: tuple[Link, ...]
    workspaces: tuple[Option, ...]
    agents: tuple[Option, ...]
    times: tuple[Option, ...]
    warnings: int

    def more(self, found: int) -> str:
        """The address of the view with more rows, if there are more than the chosen ones; else ""."""
        rows = self.choice.rows
        return self.choice.address(self.path, rows=4 * rows) if found > rows and rows < MAX_ROWS else ""


class Menu:
    """The agents that the filters offer."""

    def __init__(self) -> None:
        self.agents: tuple[str, ...] = ()
        self._until = 0.0

    async def refresh(self, daemon: DaemonPort) -> None:
        """Reads them again when that was long ago. Errors: StoreError."""
        if time.monotonic() >= self._until:
            self.agents = tuple(await daemon.recorder.query(lambda ledger: ledger.activity.authors()))
            self._until = time.monotonic() + _AGENTS_SECONDS


def frame(daemon: DaemonPort, menu: Menu, path: str, chosen: Choice) -> Frame:
    """Returns the frame of a view."""
    names = sorted(workspace.name for workspace in daemon.registry.list())
    times = [Option(word, _TIME_NAMES[word], word == chosen.time) for word in TIMES]
    if chosen.time not in TIMES:
        times.append(Option(chosen.time, chosen.time, True))
    return Frame(
        version=daemon.version,
        path=path,
        choice=chosen,
        links=tuple(Link(chosen.address(to), name, _is_here(path, to)) for to, name in _LINKS),
        workspaces=_options(names, chosen.workspace),
        agents=_options(menu.agents, chosen.agent),
        times=tuple(times),
        warnings=sum(1 for held in daemon.health.list() if held.severity != "info"),
    )


def _is_here(path: str, to: str) -> bool:
    return path == to or (to != "/" and path.startswith(f"{to}/"))


def _options(values: tuple[str, ...] | list[str], chosen: str) -> tuple[Option, ...]:
    known = [*values, *([chosen] if chosen and chosen not in values else [])]
    return tuple(Option(value, printable(value), value == chosen) for value in known)
