"""What a failed call of the API means, as an expected error with a hint. Imported only by the client. Pure."""

from __future__ import annotations

from typing import Any

import grpc

from obsd import api_socket, rpc_encoding
from obsd.errors import DaemonUnreachable, LimitReached, NotPermitted, ObsdError, TimedOut


def explained(error: Any, allowed_seconds: float) -> ObsdError:
    """Returns the error that a gRPC error stands for; `allowed_seconds` were given to the call."""
    status, message = error.code(), error.details() or ""
    ours = rpc_encoding.error_from(status.name, message, error.trailing_metadata() or ())
    if ours is not None:
        return ours
    if status is grpc.StatusCode.DEADLINE_EXCEEDED:
        return late(allowed_seconds)
    if status is grpc.StatusCode.RESOURCE_EXHAUSTED:
        refused = f"the daemon refused the message: {message}"
        return LimitReached("message_too_large", refused, "send less in one message")
    if status is grpc.StatusCode.PERMISSION_DENIED:
        return NotPermitted("socket_forbidden", message or "the daemon refused the connection")
    if status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return DaemonUnreachable("daemon_gone", f"the daemon stopped answering: {message}", api_socket.START_HINT)
    if status is grpc.StatusCode.UNIMPLEMENTED:
        return ObsdError(
            "unimplemented",
            f"the daemon does not know this call: {message}",
            "its version differs from this obsctl: restart it (`systemctl --user restart obsd`)",
        )
    return ObsdError("internal", f"the daemon failed: {message}", "its log has the details")


def late(allowed_seconds: float) -> TimedOut:
    """Returns the error for a call that took longer than it was allowed."""
    text = f"the daemon did not answer within {allowed_seconds:g} s"
    return TimedOut("deadline", text, "give it more time with --timeout SECONDS, or look at its log")
