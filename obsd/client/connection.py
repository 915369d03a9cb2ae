"""gRPC for a client that makes a few calls and ends: one connection to the daemon's socket, one call on it at a time.

Owns the framing of messages, the deadlines of calls and what a broken connection means; HTTP/2 itself is h2's. To
import the grpc package alone takes more processor time than most calls with all that belongs to them, and a hook's
reporter is started after every commit. Blocking, on the caller's thread.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, cast
from urllib.parse import unquote

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from obsd import api_socket

if TYPE_CHECKING:
    from obsd.client.remote import Remote

Metadata = list[tuple[str, str]]
Headers = Iterable[tuple[bytes, bytes]]

_WINDOW_BYTES: Final = 1 << 20
"""What the daemon may send before it knows that it was read."""
_READ_BYTES: Final = 1 << 16
_PREFIX: Final = struct.Struct(">BI")
"""Before each message: whether it is compressed, and its length ("Length-Prefixed-Message" in gRPC over HTTP2)."""
_FRAME_HEADER_BYTES: Final = 9
_GOAWAY: Final = 0x7
"""The type of a frame (RFC 9113, 6.8)."""
_FINE: Final = "0"
_STATUSES: Final = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS"),
    *("PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)


class CallFailed(Exception):
    """A call ended without an answer: gRPC's name of the status, its message, and the trailing metadata."""

    def __init__(self, status: str, message: str, metadata: Metadata | None = None) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message
        self.metadata = metadata or []


class Connection:
    """Owns a socket. `begin`, then `messages`; a new call gives up the one before. `place` is the daemon's socket, or
    where a daemon elsewhere is reached."""

    def __init__(self, place: Path | Remote) -> None:
        self._place = place
        self._socket: socket.socket | None = None
        self._http = _http()
        self._stream = 0
        self._begun = self._ended = self._leaving = False
        self._unread = bytearray()
        self._received = bytearray()
        self._headers: dict[str, str] = {}
        self._trailers: Metadata = []

    def close(self) -> None:
        """Closes the socket, which ends a call; also from another thread."""
        connection, self._socket = self._socket, None
        if connection is None:
            return
        # Somebody may be reading from it.
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()

    def begin(self, method: str, message: bytes, seconds: float, *, endless: bool = False) -> None:
        """Sends a call; `method` is `package.Service/Method`, and the daemon gives it up after `seconds` unless it is
        `endless`. Raises CallFailed, and what `api_socket.open_connection` raises."""
        end = time.monotonic() + seconds
        if self._socket is None or not self._ended or not self._lives(self._socket):
            self.close()
            self._socket = self._open(seconds)
            self._http, self._unread, self._leaving = _http(), bytearray(), False
            self._http.initiate_connection()
            self._http.update_settings(
                {SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW_BYTES, SettingCodes.MAX_FRAME_SIZE: _READ_BYTES}
            )
            self._http.increment_flow_control_window(_WINDOW_BYTES)
        self._begun = self._ended = False
        self._received, self._headers, self._trailers = bytearray(), {}, []
        self._stream = self._http.get_next_available_stream_id()
        headers = [
            *((":method", "POST"), (":scheme", self._scheme()), (":path", f"/{method}"), (":authority", "localhost")),
            *(("te", "trailers"), ("content-type", "application/grpc")),
        ]
        deadline = [] if endless else [("grpc-timeout", f"{max(1, int(seconds * 1000))}m")]
        self._http.send_headers(self._stream, [*headers, *deadline])
        self._send(_PREFIX.pack(0, len(message)) + message, end)

    def wait_begun(self, seconds: float) -> None:
        """Returns when the daemon has begun to answer. Raises CallFailed."""
        end = time.monotonic() + seconds
        while not self._begun:
            self._read(end)
        if self._ended:
            self._check()

    def messages(self, seconds: float | None = None) -> Iterator[bytes]:
        """Yields the messages of the answer; the last must be there within `seconds`, if they are given. Raises
        CallFailed, also after messages."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            while (message := self._message()) is not None:
                yield message
            if self._ended:
                break
            self._read(end)
        self._check()

    def _open(self, seconds: float) -> socket.socket:
        if isinstance(self._place, Path):
            return api_socket.open_connection(self._place, seconds)
        return self._place.connect(seconds)

    def _scheme(self) -> str:
        return "http" if isinstance(self._place, Path) or self._place.socket else "https"

    def _lives(self, connection: socket.socket) -> bool:
        """Whether the connection of the call before can have another; what came since then is read."""
        connection.setblocking(False)
        try:
            data = connection.recv(_READ_BYTES)
            self._handle(data)
        except BlockingIOError:
            return True
        except (OSError, ProtocolError, CallFailed) as error:
            # What TLS says instead; not every client has a use for the module that names it.
            return type(error).__name__ == "SSLWantReadError"
        return bool(data) and not self._leaving

    def _message(self) -> bytes | None:
        """The next message that is there as a whole."""
        if len(self._received) < _PREFIX.size:
            return None
        compressed, length = _PREFIX.unpack_from(self._received)
        if compressed:
            self._fail("INTERNAL", "the answer is compressed, which nobody asked for")
        end = _PREFIX.size + length
        if len(self._received) < end:
            return None
        message = bytes(self._received[_PREFIX.size : end])
        del self._received[:end]
        return message

    def _send(self, data: bytes, end: float) -> None:
        """Sends a message as far as the daemon takes it; an answer that comes before the end of it is enough."""
        view = memoryview(data)
        while not self._ended:
            room = min(self._http.local_flow_control_window(self._stream), self._http.max_outbound_frame_size)
            if len(view) <= room:
                self._http.send_data(self._stream, view.tobytes(), end_stream=True)
                self._flush(end)
                return
            if room > 0:
                self._http.send_data(self._stream, view[:room].tobytes())
                view = view[room:]
                self._flush(end)
            else:
                self._flush(end)
                self._read(end)

    def _flush(self, end: float | None) -> None:
        data = self._http.data_to_send()
        if not data:
            return
        try:
            self._open_socket(end).sendall(data)
        except TimeoutError:
            self._fail("DEADLINE_EXCEEDED", "")
        except OSError as error:
            self._fail("UNAVAILABLE", error.strerror or str(error))

    def _read(self, end: float | None) -> None:
        """Reads what comes next, and answers what must be answered."""
        try:
            data = self._open_socket(end).recv(_READ_BYTES)
        except TimeoutError:
            self._fail("DEADLINE_EXCEEDED", "")
        except OSError as error:
            self._fail("UNAVAILABLE", error.strerror or str(error))
        if not data:
            self._fail("UNAVAILABLE", "the connection was closed")
        try:
            self._handle(data)
        except ProtocolError as error:
            self._fail("UNAVAILABLE", f"no HTTP/2 is spoken there: {error}")
        self._flush(end)

    def _open_socket(self, end: float | None) -> socket.socket:
        connection = self._socket  # another thread may close it at any time
        if connection is None:
            raise CallFailed("CANCELLED", "the connection is closed")
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            self._fail("DEADLINE_EXCEEDED", "")
        connection.settimeout(left)
        return connection

    def _handle(self, data: bytes) -> None:
        """Takes what was read, frame by frame.

        A daemon that stops says so by a GOAWAY, and then ends the calls that it has: h2 would take none of that any
        more, and lose what was read together with it.
        """
        self._unread += data
        while len(self._unread) >= _FRAME_HEADER_BYTES:
            end = _FRAME_HEADER_BYTES + int.from_bytes(self._unread[:3], "big")
            if len(self._unread) < end:
                break
            frame = bytes(self._unread[:end])
            del self._unread[:end]
            if frame[3] == _GOAWAY:
                self._leaving = True
            else:
                self._handle_frame(frame)

    def _handle_frame(self, frame: bytes) -> None:
        for event in self._http.receive_data(frame):
            if getattr(event, "stream_id", None) != self._stream:
                continue
            if isinstance(event, events.ResponseReceived):
                self._begun, self._headers = True, dict(_decoded(cast(Headers, event.headers)))
            elif isinstance(event, events.DataReceived):
                self._received += event.data
                self._http.acknowledge_received_data(event.flow_controlled_length, self._stream)
            elif isinstance(event, events.TrailersReceived):
                self._trailers = _decoded(cast(Headers, event.headers))
            elif isinstance(event, events.StreamEnded):
                self._ended = True
            elif isinstance(event, events.StreamReset) and not self._ended:
                self._fail("UNAVAILABLE", f"it gave the call up ({event.error_code})")

    def _check(self) -> None:
        """Raises CallFailed unless the call ended well. An answer without a message has no trailers but its headers."""
        metadata = self._trailers or list(self._headers.items())
        found = dict(metadata)
        code = found.get("grpc-status", "")
        if code == _FINE:
            return
        name = _STATUSES[int(code)] if code.isdecimal() and int(code) < len(_STATUSES) else "UNKNOWN"
        text = unquote(found.get("grpc-message", "")) or f"HTTP status {self._headers.get(':status', 'missing')}"
        raise CallFailed(name, text, metadata)

    def _fail(self, status: str, message: str) -> NoReturn:
        """Ends the connection, whose state nobody knows any more."""
        self.close()
        raise CallFailed(status, message)


def _http() -> H2Connection:
    return H2Connection(H2Configuration(client_side=True, header_encoding=None))


def _decoded(headers: Headers) -> Metadata:
    return [(name.decode("ascii", "replace"), value.decode("utf-8", "replace")) for name, value in headers]
