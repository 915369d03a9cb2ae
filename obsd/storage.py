"""Opening the ledger, whatever state it is in.

Owns the decision what a file that cannot be used means: a damaged one is moved aside and said so, any other fault
ends the start. Blocks on the disk: call it on a worker thread before the loop has anything else to do.
"""

from __future__ import annotations

from pathlib import Path

from obsd.errors import StoreError
from obsd.ledger import Ledger


def open_ledger(path: Path) -> tuple[Ledger, Path | None]:
    """The ledger, and where a damaged one was moved to (None: it was sound). Raises StoreError."""
    try:
        return Ledger.open(path), None
    except StoreError as error:
        if error.reason != "ledger_damaged":
            raise
    aside = Ledger.move_aside(path)
    return Ledger.open(path), aside
