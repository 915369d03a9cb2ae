"""The hierarchy of expected errors: each has a stable reason, a message, a hint, an exit code and a gRPC status.

An expected error is shown as one line and a hint; anything else is an internal error (exit code 70). The gRPC
status is a name, because this module is imported where gRPC is not.
"""

from __future__ import annotations

from typing import ClassVar


class ObsdError(Exception):
    """An expected error: its `message`, a stable identifier (`reason`), and what helps (`hint`)."""

    exit_code: ClassVar[int] = 1
    status: ClassVar[str] = "INTERNAL"

    def __init__(self, reason: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.hint = hint


class ConfigError(ObsdError):
    """The configuration cannot be used."""

    exit_code = 78
    status = "FAILED_PRECONDITION"


class InvalidRequest(ObsdError):
    """The request is invalid."""

    status = "INVALID_ARGUMENT"


class NotFound(ObsdError):
    """The named thing does not exist."""

    status = "NOT_FOUND"


class NoSuchWorkspace(NotFound):
    """No workspace has that name or path."""

    exit_code = 4


class AlreadyExists(ObsdError):
    """The request collides with something that exists."""

    status = "ALREADY_EXISTS"


class NotPermitted(ObsdError):
    """The operating system or the daemon does not permit it."""

    exit_code = 77
    status = "PERMISSION_DENIED"


class LimitReached(ObsdError):
    """A limit was reached: of this program, or of the kernel."""

    status = "RESOURCE_EXHAUSTED"


class Unavailable(ObsdError):
    """It exists, but does not work at the moment."""

    status = "UNAVAILABLE"


class DaemonUnreachable(ObsdError):
    """No daemon answers."""

    exit_code = 3
    status = "UNAVAILABLE"


class TimedOut(ObsdError):
    """It took longer than was allowed."""

    exit_code = 69
    status = "DEADLINE_EXCEEDED"


class AlreadyRunning(ObsdError):
    """Another daemon holds the lock."""

    status = "ALREADY_EXISTS"


class StoreError(ObsdError):
    """The ledger cannot be used."""

    status = "UNAVAILABLE"
