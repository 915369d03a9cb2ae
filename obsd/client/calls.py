"""A channel to the daemon, and how one call is made on it: within a deadline, failing with an ObsdError.

Blocking: runs on the caller's thread, and never inside the daemon.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import grpc

from obsd import api_socket, rpc_encoding
from obsd.client import failures

DEFAULT_TIMEOUT_SECONDS = 10.0

Moment = float | None  # Unix seconds

_OPTIONS = (
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    # A list without a limit may be longer than gRPC's 4 MiB; the daemon is one that we trust.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)


class Calls:
    """Owns a channel. Use it in a `with` block, or call `close`."""

    def __init__(self, socket: Path, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self.socket = socket
        self.timeout_seconds = timeout_seconds
        self._channel = grpc.insecure_channel(api_socket.target(socket), options=_OPTIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the channel and every stream on it."""
        self._channel.close()

    def _call(
        self, method: Callable[..., Any], request: Any, timeout_seconds: float | None = None, **times: Moment
    ) -> Any:
        for name, at in times.items():
            if at is not None:
                getattr(request, name).CopyFrom(rpc_encoding.timestamp(at))
        allowed = self.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            return method(request, timeout=allowed)
        except grpc.RpcError as error:
            raise failures.explained(error, allowed) from None
