"""The ledger: the memory of everything that was acknowledged."""

from obsd.ledger.ledger import Ledger
from obsd.ledger.rows import ChangeRow, CommitRow, EventRow, SessionRow, ViolationRow

__all__ = ["ChangeRow", "CommitRow", "EventRow", "Ledger", "SessionRow", "ViolationRow"]
