"""The one thread that touches the ledger. Owns the thread. Used from the event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from obsd.ledger import Ledger
from obsd.ledger.failures import is_damage, store_error

T = TypeVar("T")


class LedgerThread:
    """Runs functions over a ledger, one after the other."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def run(self, fn: Callable[[Ledger], T]) -> T:
        """The function's result. Raises StoreError where SQLite fails, and whatever the function raises."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, fn, self._ledger)
        except sqlite3.Error as error:
            if is_damage(error):
                self._ledger.on_damage(str(error))
            raise store_error(error) from error

    async def stop(self) -> None:
        """Close the ledger when all that was asked for is done."""
        try:
            await self.run(Ledger.close)
        finally:
            self._executor.shutdown(wait=False)
