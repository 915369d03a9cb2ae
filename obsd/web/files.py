"""The page's own files: its style, its script and its icon, read once. Any thread."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file, and a version that differs where its content does."""

    content: bytes
    content_type: str
    version: str


@functools.cache
def _load(name: str) -> File:
    content = (FOLDER / name).read_bytes()
    return File(content, _TYPES[name], hashlib.sha256(content).hexdigest()[:12])


def find(name: str) -> File | None:
    """Returns one of the files by its name."""
    return _load(name) if name in _TYPES else None


def address(name: str) -> str:
    """Returns the address of a file, which changes with its content."""
    return f"/static/{name}?{_load(name).version}"
