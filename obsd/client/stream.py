"""A stream of the API as its client has it: begun within a deadline, ended with an expected error.

Imported only by the client. On the caller's thread, with a timer while the stream begins.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import grpc

from obsd.client import failures


def begun(call: Any, timeout_seconds: float) -> Iterator[Any]:
    """Returns the messages of a stream, when the daemon has begun it. Raises ObsdError, and so does the iterator."""
    late = threading.Timer(timeout_seconds, call.cancel)
    late.daemon = True
    late.start()
    try:
        call.initial_metadata()
    finally:
        late.cancel()
    if call.done() and call.code() is not grpc.StatusCode.OK:
        if call.code() is grpc.StatusCode.CANCELLED:
            raise failures.late(timeout_seconds)
        raise failures.explained(call, timeout_seconds)
    return _messages(call, timeout_seconds)


def _messages(call: Any, timeout_seconds: float) -> Iterator[Any]:
    try:
        yield from call
    except grpc.RpcError as error:
        raise failures.explained(error, timeout_seconds) from None
    finally:
        call.cancel()
