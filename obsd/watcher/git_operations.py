"""Which command of git's moved HEAD, by the message in its log."""

from __future__ import annotations

from obsd.facts import GitOperation

_OPERATIONS: tuple[tuple[str, GitOperation], ...] = (
    ("checkout:", "checkout"),
    ("pull", "pull"),
    ("merge", "merge"),
    ("rebase", "rebase"),
    ("cherry-pick", "cherry-pick"),
    ("revert", "revert"),
    ("am", "am"),
    ("reset:", "reset"),
    ("commit (merge)", "merge"),
    ("commit (cherry-pick)", "cherry-pick"),
)


def operation_of(message: str) -> GitOperation:
    """The command; `other` for one that is not known."""
    for start, operation in _OPERATIONS:
        if message.startswith(start):
            return operation
    return "other"
