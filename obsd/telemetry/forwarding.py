"""Passes on to an OpenTelemetry collector what came in, as it came, and never slows down who sent it.

Owns a bounded queue and one task that sends, with retries. When the collector is away for long the oldest requests
go, and are counted. On the event loop; the connection is used in a worker thread.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import random
import ssl
from collections import deque
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from obsd.tasks.supervision import cancel, supervise
from obsd.telemetry.counters import ReceiverCounters
from obsd.telemetry.otlp import Form, Signal

log = logging.getLogger(__name__)

MAX_QUEUED_BYTES: Final = 32 << 20
MAX_QUEUED_REQUESTS: Final = 2_000
TIMEOUT_SECONDS: Final = 10.0
FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 60.0
_AGAIN: Final = (429, 502, 503, 504)
_TYPES: Final = {"json": "application/json", "protobuf": "application/x-protobuf"}


@dataclass(frozen=True, slots=True)
class _Request:
    signal: Signal
    form: Form
    body: bytes


class Forwarder:
    """Sends to one collector, over HTTP; `url` is its base, to which /v1/logs and the like are added."""

    def __init__(self, url: str, tally: ReceiverCounters, first_retry_seconds: float = FIRST_RETRY_SECONDS) -> None:
        self._place = urlsplit(url)
        self._tally = tally
        self._first_retry_seconds = first_retry_seconds
        self._queue: deque[_Request] = deque()
        self._queued_bytes = 0
        self._wake = asyncio.Event()
        self._sender = _Sender(self._place)
        self._sending: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        self._sending = supervise("the forwarding of telemetry", self._run)

    async def stop(self) -> None:
        """End; what is queued is dropped, as its senders were told that it is taken by obsd alone."""
        await cancel(self._sending)
        self._sender.close()

    def put(self, signal: Signal, form: Form, body: bytes) -> None:
        """Queue a request; the oldest make room."""
        self._queue.append(_Request(signal, form, body))
        self._queued_bytes += len(body)
        while self._queue and (self._queued_bytes > MAX_QUEUED_BYTES or len(self._queue) > MAX_QUEUED_REQUESTS):
            self._drop()
        self._wake.set()

    def _drop(self) -> None:
        self._queued_bytes -= len(self._queue.popleft().body)
        self._tally.forwarded["dropped",] += 1

    async def _run(self) -> None:
        delay = self._first_retry_seconds
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            request = self._queue[0]
            code = await asyncio.to_thread(self._sender.send, request.signal, request.form, request.body)
            if code == 0 or code in _AGAIN:
                if delay == self._first_retry_seconds:
                    log.warning("telemetry is not passed on: the collector %s", _trouble(code))
                # Spread, so that many machines do not come back to a collector at once.
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311
                delay = min(2 * delay, LAST_RETRY_SECONDS)
                continue
            delay = self._first_retry_seconds
            if self._queue and self._queue[0] is request:
                self._queue.popleft()
                self._queued_bytes -= len(request.body)
            self._tally.forwarded["sent" if 200 <= code < 300 else "dropped",] += 1


class _Sender:
    """One connection, kept open between requests. Worker threads, one at a time."""

    def __init__(self, place: SplitResult) -> None:
        self._place = place
        self._connection: http.client.HTTPConnection | None = None

    def send(self, signal: Signal, form: Form, body: bytes) -> int:
        """The status of the answer; 0 when there is none."""
        path = f"{self._place.path.rstrip('/')}/v1/{signal}"
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request("POST", path, body, {"Content-Type": _TYPES[form], "User-Agent": "obsd"})
            response = self._connection.getresponse()
            response.read(1 << 20)
            if response.will_close:
                self.close()
            return response.status
        except (OSError, http.client.HTTPException):
            self.close()
            return 0

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "https":
            return http.client.HTTPSConnection(
                host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)


def _trouble(code: int) -> str:
    return f"answers {code}" if code else "does not answer"
