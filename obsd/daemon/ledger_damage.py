"""Damage in the ledger: what is found at the start is said, and for what is found later obsd starts anew.

Owns what the health says of the ledger, and the decision whether a new start helps: not when the ledger has just been
made, because then the disk damages what is written to it. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path
from typing import Final

from obsd.health import Health
from obsd.ledger import Ledger, recovery
from obsd.ledger.failures import hint_of

log = logging.getLogger(__name__)

YOUNG_SECONDS: Final = 600.0


class LedgerDamage:
    """What is the matter with the ledger in a file. `noticed` is set when obsd has to start anew."""

    def __init__(self, path: Path, health: Health) -> None:
        self.noticed = asyncio.Event()
        self._path = path
        self._health = health
        self._fresh_until = 0.0

    def open_ledger(self) -> Ledger:
        """The ledger; what became of a damaged one is said in the health. Blocks. Raises StoreError."""
        opened = recovery.open_ledger(self._path, self.found)
        if opened.aside is not None:
            self._fresh_until = time.monotonic() + YOUNG_SECONDS
            self._health.raise_("ledger_moved_aside", path=str(opened.aside), count=len(opened.saved))
        if opened.cut:
            self._health.raise_("ledger_cut", time=time.strftime("%Y-%m-%d %H:%M"))
        return opened.ledger

    def troubled(self, reason: str, text: str) -> None:
        """The ledger cannot be written, for a reason of `store_error`; two empty texts: it can again."""
        if reason:
            self._health.raise_("ledger_unwritable", error=text, hint=hint_of(reason))
        else:
            self._health.clear("ledger_unwritable")

    def found(self, detail: str) -> None:
        """Something in the ledger cannot be read."""
        if self.noticed.is_set():
            return
        if time.monotonic() < self._fresh_until:
            log.error("the new ledger is damaged as well (%s): look at the disk of the state folder", detail)
            return
        log.error("the ledger is damaged (%s): obsd starts anew, and sets it aside", detail)
        recovery.condemn(self._path)
        self.noticed.set()
