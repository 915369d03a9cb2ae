"""The one thread that touches the ledger, and what its errors mean.

Owns the thread and the translation of SQLite's errors. Used from the event loop.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from obsd.errors import StoreError
from obsd.ledger import Ledger

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
            raise store_error(error) from error

    async def stop(self) -> None:
        """Close the ledger when all that was asked for is done."""
        try:
            await self.run(Ledger.close)
        finally:
            self._executor.shutdown(wait=False)


def store_error(error: sqlite3.Error) -> StoreError:
    """What an error of SQLite's means: `ledger_full`, `ledger_damaged` or `ledger_failed`."""
    text = str(error)
    if "full" in text:
        return StoreError(
            "ledger_full", f"the ledger cannot be written: {text}", "make room on the disk of the state folder"
        )
    if "malformed" in text or "not a database" in text:
        return StoreError(
            "ledger_damaged",
            f"the ledger is damaged: {text}",
            "restart obsd: it sets the ledger aside and begins a new one",
        )
    return StoreError(
        "ledger_failed", f"the ledger cannot be used: {text}", "check the disk and the permissions of the state folder"
    )


def is_lasting(error: Exception) -> bool:
    """Whether the store is the cause and any other write would fail too; else what was written is."""
    if not isinstance(error, StoreError):
        return False
    cause = error.__cause__
    return isinstance(cause, sqlite3.OperationalError) or error.reason == "ledger_damaged"
