"""Live updates: facts as server-sent events, bounded in number, in size and in pace.

Owns the open streams. A stream sends nothing while nothing happens; after a fact it waits a moment, so that a flood is
one part and never a thousand. On the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Final

from obsd.api.daemon_protocol import DaemonPort
from obsd.facts import Fact
from obsd.http.messages import Request, Response
from obsd.web import choice, templates
from obsd.web.lines import KINDS, Line, Lines

MAX_STREAMS: Final = 48
MAX_LINES: Final = 30
"""Of one part; what is left out is said."""
PAUSE_SECONDS: Final = 0.25
EVENT_STREAM: Final = "text/event-stream; charset=utf-8"


class Streams:
    """The streams of one server."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon
        self._open = 0

    def response(self, request: Request) -> Response:
        """Returns a stream, or 503 while there are too many."""
        if self._open >= MAX_STREAMS:
            return Response(503, b"too many pages are open\n")
        chosen = choice.read(request.query, "today", time.time())
        return Response(200, b"", EVENT_STREAM, parts=self._parts(chosen))

    async def _parts(self, chosen: choice.Choice) -> AsyncGenerator[bytes, None]:
        if self._open >= MAX_STREAMS:
            return
        self._open += 1
        subscription = self._daemon.recorder.subscribe(chosen.workspace, KINDS)
        lines, dropped = Lines(), 0
        try:
            yield b"retry: 5000\n\n"
            async for fact in subscription:
                await asyncio.sleep(PAUSE_SECONDS)
                facts = [fact, *subscription.queued()]
                missed, dropped = subscription.dropped - dropped, subscription.dropped
                yield await asyncio.to_thread(_events, lines, facts, chosen.agent, missed)
        finally:
            self._open -= 1
            subscription.close()


def _events(lines: Lines, facts: Sequence[Fact], agent: str, missed: int) -> bytes:
    """The lines of some facts, and that there is something new to be seen."""
    made = lines.of(facts, agent)
    left_out = missed + max(0, len(made) - MAX_LINES)
    events = [_event("line", templates.render("line.html", line)) for line in made[-MAX_LINES:]]
    if left_out:
        events.insert(0, _event("line", templates.render("line.html", _left_out(left_out))))
    return "".join([*events, _event("fresh", str(len(made)))]).encode("utf-8", "replace")


def _left_out(number: int) -> Line:
    return Line("", time.time(), "", f"{number:,} more")


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {' '.join(data.split())}\n\n"
