"""Lengths of time, sizes and counts in words, for terminals and pages alike. Pure."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Returns `45 s`, `12 min`, `3 h 20 min` or `2 d 4 h`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def size(size_bytes: int) -> str:
    """Returns `512 B`, `3.4 KiB`, `1.2 MiB` or `5.6 GiB`."""
    amount, units = float(size_bytes), ["B", "KiB", "MiB", "GiB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        del units[0]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"


def count(number: int, one: str, many: str = "") -> str:
    """Returns `1 file` or `12,345 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
