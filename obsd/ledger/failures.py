"""What errors of SQLite's and of the disk mean for the ledger, by SQLite's own names of them (https://sqlite.org/rescode.html).

Owns that translation, and the words with which each kind is reported. Any thread.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from obsd.errors import StoreError

_READ_ONLY = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")
_LASTING = (
    *_READ_ONLY,
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_NOMEM",
    "SQLITE_PROTOCOL",
)

_HINTS = {
    "ledger_full": "make room on the disk of the state folder",
    "ledger_readonly": "make the state folder writable again: a disk that is mounted read-only "
    "(`mount -o remount,rw`), or rights that this user lost",
    "ledger_damaged": "no action is needed: it is moved aside, a new one is started, and commits are found "
    "again by the reflogs",
    "ledger_failed": "check the disk and the permissions of the state folder",
}


def name_of(error: BaseException | None) -> str:
    """SQLite's name of an error; empty where it has none."""
    return str(getattr(error, "sqlite_errorname", "") or "")


def is_damage(error: BaseException | None) -> bool:
    """Whether the file is what is wrong."""
    if isinstance(error, sqlite3.OperationalError) and not name_of(error):
        return "decode" in str(error)  # Python's own: a text that is none
    return name_of(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def is_lasting(error: Exception) -> bool:
    """Whether the store is the cause and any other write would fail too; else what was written is."""
    if not isinstance(error, StoreError):
        return False
    return is_damage(error.__cause__) or name_of(error.__cause__).startswith(_LASTING)


def store_error(error: sqlite3.Error) -> StoreError:
    """What an error while the ledger is used means: `ledger_full`, `ledger_readonly`, `ledger_damaged`, or
    `ledger_failed`."""
    if is_damage(error):
        return StoreError("ledger_damaged", f"the ledger is damaged: {error}", _HINTS["ledger_damaged"])
    name = name_of(error)
    reason = "ledger_full" if name == "SQLITE_FULL" else "ledger_failed"
    reason = "ledger_readonly" if name.startswith(_READ_ONLY) else reason
    doing = "used" if reason == "ledger_failed" else "written"
    return StoreError(reason, f"the ledger cannot be {doing}: {error}", _HINTS[reason])


def damaged(path: Path, detail: str) -> StoreError:
    """The error for a file that SQLite cannot read."""
    return StoreError("ledger_damaged", f"the ledger {path} is damaged: {detail}", _HINTS["ledger_damaged"])


def unusable(path: Path, error: Exception) -> StoreError:
    """The error for a file that cannot be opened, read or written."""
    hint = "check that its folder exists, belongs to this user and is on a disk with room"
    denied = isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    if denied or (name_of(error).startswith(_READ_ONLY) and path.parent.is_dir() and not path.is_dir()):
        hint = f"{_HINTS['ledger_readonly']}: {path.parent}"
    return StoreError("ledger_unusable", f"the ledger {path} cannot be used: {error}", hint)


def hint_of(reason: str) -> str:
    """What helps against a reason of `store_error`."""
    return _HINTS.get(reason, _HINTS["ledger_failed"])
