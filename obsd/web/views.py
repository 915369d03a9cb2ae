"""The views of the page by their paths: reads what an address asks for, and renders it.

Owns the table of views. Pages that ask for the same within a second get one answer, unless a fact was recorded in
between: twenty open pages read the ledger once. On the event loop; templates are rendered on a worker thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import NotFound
from obsd.http.messages import Request
from obsd.tasks.supervision import start
from obsd.web import choice, templates
from obsd.web.frame import Frame, Menu, frame
from obsd.web.pages import commits, days, files, health, measures, now, sessions

SHARED_SECONDS: Final = 1.0
MAX_SHARED: Final = 64


@dataclass(frozen=True, slots=True)
class View:
    """A view: the time that it shows unless another is chosen, its template, and what makes its content."""

    usual_time: str
    template: str
    make: Callable[[DaemonPort, Frame, str], Awaitable[object]]


VIEWS: Final[dict[str, View]] = {
    "/": View("today", "now.html", now.page),
    "/day": View("today", "day.html", days.page),
    "/week": View("week", "day.html", days.page),
    "/sessions": View("week", "sessions.html", sessions.page),
    "/sessions/": View("week", "session.html", sessions.one_page),
    "/commits": View("week", "commits.html", commits.page),
    "/files": View("week", "files.html", files.page),
    "/measures": View("month", "measures.html", measures.page),
    "/health": View("today", "health.html", health.page),
}
"""Views by path; one whose path ends in a slash is given the rest of the path."""


class Views:
    """The views of one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon
        self._menu = Menu()
        self._shared: dict[tuple[str, int], tuple[float, asyncio.Task[str]]] = {}

    async def rendered(self, request: Request) -> str:
        """Returns the HTML of a view. Errors: NotFound; StoreError while the ledger cannot be read."""
        at = asyncio.get_running_loop().time()
        for old in [key for key, (until, _) in self._shared.items() if until < at]:
            del self._shared[old]
        key = request.target, self._daemon.views.recent.published
        known = self._shared.get(key)
        if known is None:
            making = start("a view", self._made(request.path, request.query))
            if len(self._shared) < MAX_SHARED:
                self._shared[key] = (at + SHARED_SECONDS, making)
        else:
            making = known[1]
        # Shielded: a client that goes must not end what another waits for.
        return await asyncio.shield(making)

    async def _made(self, path: str, query: str) -> str:
        view, rest = _find(path)
        chosen = choice.read(query, view.usual_time, time.time())
        await self._menu.refresh(self._daemon)
        page = await view.make(self._daemon, frame(self._daemon, self._menu, path, chosen), rest)
        return await asyncio.to_thread(templates.render, view.template, page)


def _find(path: str) -> tuple[View, str]:
    if path in VIEWS and not (path.endswith("/") and path != "/"):
        return VIEWS[path], ""
    begin, slash, rest = path.rpartition("/")
    view = VIEWS.get(begin + slash) if begin else None
    if view is None or not rest:
        raise NotFound("no_such_view", "There is no such view.", "")
    return view, rest
