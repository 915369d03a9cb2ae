"""Where a path that somebody else named leads: its links resolved, in a process that may wait for ever.

Owns the function alone; imports nothing, so that a child can run it. Blocking: a path may lead to a disk that does not
answer.
"""

from __future__ import annotations

import os


def real_path(path: str) -> str:
    """The path without links. What is not there is taken as it is named."""
    return os.path.realpath(path)
