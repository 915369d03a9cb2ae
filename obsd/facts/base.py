"""What all facts have. Owns the class; imports nothing but the standard library, as all of the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Fact"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was seen in a workspace (empty: in the daemon itself)."""

    recorded: ClassVar[bool] = True
    """Whether it is in the record: kept for `retention_days`, and streamed to who asks for no kind of fact."""
    stored: ClassVar[bool] = True
    """Whether the ledger writes it, into the record or as state that others rest on; what is not only moves numbers."""
    essential: ClassVar[bool] = False
    """Whether it is never dropped while the ledger cannot be written: state, or what counts once, rests on it."""
    own_table: ClassVar[bool] = False
    """Whether a table of the ledger has all of its fields; what else is recorded is an event."""
    of_any_workspace: ClassVar[bool] = False
    """Whether it is counted though its workspace is not registered, or not yet."""

    at: float
    workspace: str
