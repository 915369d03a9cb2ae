"""Forwards received OTLP bodies unchanged to an OpenTelemetry collector, and never slows down who sent them.

Owns a bounded queue and one task that sends, with retries. When the collector is away for long the oldest requests
go, and are counted; what it refuses is counted and a warning. On the event loop; the connection is used in a worker
thread.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from google.protobuf.message import DecodeError

from obsd.tasks.supervision import cancel, supervise
from obsd.telemetry.counters import ReceiverCounters
from obsd.telemetry.otlp import Form, Signal
from obsd.telemetry.receiver_http import LOOP_HEADER
from obsd.v1 import otlp_pb2 as pb

MAX_QUEUED_BYTES: Final = 32 << 20
MAX_QUEUED_REQUESTS: Final = 2_000
TIMEOUT_SECONDS: Final = 10.0
FIRST_RETRY_SECONDS: Final = 1.0
LAST_RETRY_SECONDS: Final = 60.0
MAX_ANSWER_BYTES: Final = 1 << 20
MAX_PASSED_BY_CHARACTERS: Final = 500
_AGAIN: Final = (429, 502, 503, 504)
_TYPES: Final = {"json": "application/json", "protobuf": "application/x-protobuf"}


@dataclass(frozen=True, slots=True)
class _Request:
    signal: Signal
    form: Form
    body: bytes
    passed_by: str


class Forwarder:
    """Sends to one collector, over HTTP; `url` is its base, to which /v1/logs and the like are added.

    `token` marks what goes, so that it is known when it comes back. `report` gets what is wrong; "": nothing.
    """

    def __init__(
        self,
        url: str,
        counters: ReceiverCounters,
        token: str,
        report: Callable[[str], None],
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
    ) -> None:
        self._place = urlsplit(url)
        self._counters = counters
        self._token = token
        self._report = report
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
        """End; what is queued is dropped, as its senders have obsd's own answer."""
        await cancel(self._sending)
        self._sender.close()

    def put(self, signal: Signal, form: Form, body: bytes, passed_by: str = "") -> None:
        """Queue a request; the oldest make room. `passed_by` has the tokens of those that forwarded it before."""
        passed_by = f"{passed_by[:MAX_PASSED_BY_CHARACTERS]},{self._token}".lstrip(",")
        self._queue.append(_Request(signal, form, body, passed_by))
        self._queued_bytes += len(body)
        while self._queue and (self._queued_bytes > MAX_QUEUED_BYTES or len(self._queue) > MAX_QUEUED_REQUESTS):
            self._drop()
        self._wake.set()

    def _drop(self) -> None:
        self._queued_bytes -= len(self._queue.popleft().body)
        self._counters.forwarded["dropped",] += 1

    async def _run(self) -> None:
        delay = self._first_retry_seconds
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            request = self._queue[0]
            code, rejected = await asyncio.to_thread(self._sender.send, request)
            self._report(_trouble(code, rejected))
            if code == 0 or code in _AGAIN:
                # Spread, so that many machines do not come back to a collector at once.
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311
                delay = min(2 * delay, LAST_RETRY_SECONDS)
                continue
            delay = self._first_retry_seconds
            if self._queue and self._queue[0] is request:
                self._queue.popleft()
                self._queued_bytes -= len(request.body)
                self._counters.forwarded["sent" if 200 <= code < 300 else "refused",] += 1


class _Sender:
    """One connection, kept open between requests. Worker threads, one at a time."""

    def __init__(self, place: SplitResult) -> None:
        self._place = place
        self._connection: http.client.HTTPConnection | None = None

    def send(self, request: _Request) -> tuple[int, int]:
        """The status of the answer (0 when there is none), and how many items it says were not taken."""
        path = f"{self._place.path.rstrip('/')}/v1/{request.signal}"
        headers = {"Content-Type": _TYPES[request.form], "User-Agent": "obsd", LOOP_HEADER: request.passed_by}
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.request("POST", path, request.body, headers)
            response = self._connection.getresponse()
            answer = response.read(MAX_ANSWER_BYTES)
            if response.will_close or not response.isclosed():
                self.close()
            return response.status, _rejected(request.form, answer) if response.status == 200 else 0
        except (OSError, http.client.HTTPException):
            self.close()
            return 0, 0

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


def _rejected(form: Form, answer: bytes) -> int:
    """What a partial success says was not taken; 0 for an answer that cannot be read."""
    try:
        if form == "protobuf":
            return int(pb.ExportResponse.FromString(answer).partial_success.rejected)
        partial: Any = json.loads(answer).get("partialSuccess", {})
        return sum(int(value) for name, value in partial.items() if name.startswith("rejected"))
    except (DecodeError, ValueError, TypeError, AttributeError, RecursionError):
        return 0


def _trouble(code: int, rejected: int) -> str:
    """What is wrong with an answer, in words; empty: nothing."""
    if code == 508:
        return "leads back to this obsd"
    if not 200 <= code < 300:
        return f"answers {code}" if code else "does not answer"
    return "does not take all of a request" if rejected else ""
