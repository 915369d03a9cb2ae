"""The C library's heap. Owns giving back what is free in it.

glibc gives memory back from the top of its heap alone: one small block that stays above many large ones that went holds
them all, and a process that works for weeks grows by such holes.
"""

from __future__ import annotations

import ctypes

_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Gives the system all pages that are free (malloc_trim(3)): a millisecond. Does nothing in another C library."""
    if _trim is not None:
        _trim(0)
