"""How many folders a folder has, as far as one wants to know. Reads names alone, and follows no link."""

from __future__ import annotations

import os
from collections import deque


def has_more(folder: str, number: int) -> bool:
    """Returns whether more folders than that are below a folder; those that cannot be read have none."""
    waiting, found = deque([folder]), 0
    while waiting and found <= number:
        try:
            with os.scandir(waiting.popleft()) as entries:
                below = [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        found += len(below)
        waiting.extend(below)
    return found > number
