"""Whether the indexes of a repository's packs are what git wrote: each ends with a checksum of itself.

Owns that look, before git is asked what commits have. git believes an index, and does not check that what it finds at
an offset is the object that it wants; libgit2 does check. So where an index is damaged, what git says of commits can be
about others. Any thread, and children.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from obsd.git.layout import Layout
from obsd.small_files import open_regular, read_at

_PART = 1 << 20
_MOST_BYTES = 1 << 29
"""Of all indexes together: those of a repository with ten million objects."""
_SHA1_BYTES, _SHA256_BYTES = 20, 32


def find_damage(where: Layout) -> str:
    """The first index whose checksum is wrong, by its path in the git directory; empty where all are well."""
    left = _MOST_BYTES
    try:
        indexes = sorted((where.common_dir / "objects" / "pack").glob("*.idx"))
        for index in indexes:
            status = index.stat()
            left -= status.st_size
            if left < 0:
                return ""
            if not _is_whole(index, status.st_mtime_ns, status.st_size):
                return os.path.relpath(index, where.common_dir)
    except OSError:
        return ""
    return ""


@lru_cache(maxsize=512)
def _is_whole(index: Path, mtime_ns: int, size: int) -> bool:
    """The names of repositories' hashes are not in their indexes, so that either will do."""
    try:
        with open_regular(index) as descriptor:
            kinds: list[tuple[Any, int]] = [(_sha1, _SHA1_BYTES), (hashlib.sha256, _SHA256_BYTES)]
            return any(_checks(descriptor, size, made(), length) for made, length in kinds)
    except OSError:
        return False


def _sha1() -> Any:
    return hashlib.sha1(usedforsecurity=False)


def _checks(descriptor: int, size: int, digest: Any, length: int) -> bool:
    if size <= length:
        return False
    for start in range(0, size - length, _PART):
        digest.update(read_at(descriptor, start, min(_PART, size - length - start)))
    return bool(digest.digest() == read_at(descriptor, size - length, length))
