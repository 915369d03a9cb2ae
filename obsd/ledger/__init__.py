"""The ledger: the database of everything that was recorded."""

from obsd.ledger.ledger import Ledger
from obsd.ledger.rows import ChangeRow, CommitRow, EventRow, SessionRow, ViolationRow

__all__ = ["ChangeRow", "CommitRow", "EventRow", "Ledger", "SessionRow", "ViolationRow"]
