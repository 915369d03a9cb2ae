"""The C library's heap. Owns giving back what is free in it, and the bound of a process.

glibc gives memory back from the top of its heap alone: one small block that stays above many large ones that went holds
them all, and a process that works for weeks grows by such holes.
"""

from __future__ import annotations

import ctypes
import resource
from typing import Final

CHILD_BYTES: Final = 2 << 30
"""What a process may use that reads what repositories contain."""

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Gives the system all pages that are free (malloc_trim(3)): a millisecond. Does nothing in another C library."""
    if _trim is not None:
        _trim(0)


def bound(size_bytes: int) -> None:
    """This process and its children get so much memory each; files that are mapped do not count (getrlimit(2))."""
    resource.setrlimit(resource.RLIMIT_DATA, (size_bytes, size_bytes))
