"""What a failed call of the API means, as an expected error with a hint. Pure."""

from __future__ import annotations

from obsd import api_socket, rpc_encoding
from obsd.client.connection import CallFailed
from obsd.errors import DaemonUnreachable, LimitReached, NotPermitted, ObsdError, TimedOut


def explained(error: CallFailed, allowed_seconds: float) -> ObsdError:
    """Returns the error that a failed call stands for; `allowed_seconds` were given to it."""
    message = error.message
    ours = rpc_encoding.error_from(error.status, message, error.metadata)
    if ours is not None:
        return ours
    if error.status == "DEADLINE_EXCEEDED":
        text = f"the daemon did not answer within {allowed_seconds:g} s"
        return TimedOut("deadline", text, "give it more time with --timeout SECONDS, or look at its log")
    if error.status == "RESOURCE_EXHAUSTED":
        refused = f"the daemon refused the message: {message}"
        return LimitReached("message_too_large", refused, "send less in one message")
    if error.status == "PERMISSION_DENIED":
        return NotPermitted("socket_forbidden", message or "the daemon refused the connection")
    if error.status in ("UNAVAILABLE", "CANCELLED"):
        return DaemonUnreachable("daemon_gone", f"the daemon stopped answering: {message}", api_socket.START_HINT)
    if error.status == "UNIMPLEMENTED":
        return ObsdError(
            "unimplemented",
            f"the daemon does not know this call: {message}",
            "its version differs from this obsctl: restart it (`systemctl --user restart obsd`)",
        )
    return ObsdError("internal", f"the daemon failed: {message}", "its log has the details")
