"""Frames between the daemon and its children: a length of four bytes, then JSON. Owns their encoding alone.

Names that are not UTF-8 travel as escaped surrogates, which JSON keeps. Any thread, and children.
"""

from __future__ import annotations

import json
import struct
from typing import Any

LENGTH = struct.Struct("<I")
Frame = list[Any]


def encode(kind: str, *values: object) -> bytes:
    """A frame as it goes over the connection."""
    body = json.dumps([kind, *values], separators=(",", ":"), ensure_ascii=True).encode("ascii")
    return LENGTH.pack(len(body)) + body


def decode(body: bytes) -> Frame:
    """The frame in the bytes behind a length. Raises ValueError."""
    try:
        frame = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(frame, list) or not frame or not isinstance(frame[0], str):
        raise ValueError("no frame")
    return frame
