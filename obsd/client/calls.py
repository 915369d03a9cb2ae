"""How one call of the API is made: within a deadline, failing with an ObsdError.

Owns a connection for the calls that have one answer, and one for each stream. Blocking: runs on the caller's thread,
and never inside the daemon; threads of one client wait for each other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from google.protobuf.message import Message

from obsd import rpc_encoding
from obsd.client import failures
from obsd.client.connection import CallFailed, Connection

if TYPE_CHECKING:
    from obsd.client.remote import Remote

DEFAULT_TIMEOUT_SECONDS = 10.0

Moment = float | None  # Unix seconds
Answer = TypeVar("Answer", bound=Message)

_PACKAGE = "obsd.v1."


class Calls:
    """Owns the connections. Use it in a `with` block, or call `close`."""

    def __init__(self, socket: Path | Remote, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self.socket = socket
        self.timeout_seconds = timeout_seconds
        self._connection = Connection(socket)
        self._streams: set[Connection] = set()
        self._one_call = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections and every stream."""
        for connection in (self._connection, *self._streams):
            connection.close()

    def _call(
        self,
        method: str,
        request: Message,
        answer: type[Answer],
        timeout_seconds: float | None = None,
        **times: Moment,
    ) -> Answer:
        """Returns the answer of `Service/Method`; `times` go into the request as they are named. Raises ObsdError."""
        for name, at in times.items():
            if at is not None:
                getattr(request, name).CopyFrom(rpc_encoding.timestamp(at))
        allowed = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            with self._one_call:
                self._connection.begin(_full(method), request.SerializeToString(), allowed)
                messages = list(self._connection.messages(allowed))
        except CallFailed as error:
            raise failures.explained(error, allowed) from None
        return answer.FromString(messages[0])

    def _stream(self, method: str, request: Message, answer: type[Answer]) -> Iterator[Answer]:
        """Returns the answers of a stream, when the daemon has begun it. Raises ObsdError, and so does the iterator."""
        connection = Connection(self.socket)
        self._streams.add(connection)
        try:
            connection.begin(_full(method), request.SerializeToString(), self.timeout_seconds, endless=True)
            connection.wait_begun(self.timeout_seconds)
        except CallFailed as error:
            self._end(connection)
            raise failures.explained(error, self.timeout_seconds) from None
        return self._answers(connection, answer)

    def _answers(self, connection: Connection, answer: type[Answer]) -> Iterator[Answer]:
        try:
            for message in connection.messages():
                yield answer.FromString(message)
        except CallFailed as error:
            raise failures.explained(error, self.timeout_seconds) from None
        finally:
            self._end(connection)

    def _end(self, connection: Connection) -> None:
        connection.close()
        self._streams.discard(connection)


def _full(method: str) -> str:
    return method if method.startswith("grpc.") else _PACKAGE + method
