"""Records that were packed with Zstandard (`.zst`), read as if they were not.

Owns the optional module: where Python has none, packed records cannot be read. Blocking, worker threads.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, BinaryIO, cast

from obsd.records.line_reader import CHUNK_BYTES, Stream

SUFFIX = ".zst"


def readable() -> bool:
    """Whether packed records can be read: Python 3.14 can by itself, before that `zstandard` must be there."""
    return any(find_spec(name) for name in ("compression", "zstandard"))


def errors() -> tuple[type[Exception], ...]:
    """What damaged data raises."""
    if find_spec("compression"):
        return (cast("type[Exception]", import_module("compression.zstd").ZstdError), EOFError)
    return (cast("type[Exception]", import_module("zstandard").ZstdError),) if find_spec("zstandard") else ()


def unpacked(file: BinaryIO, offset: int) -> Stream:
    """The bytes of a packed file from an offset of what it holds on."""
    if find_spec("compression"):
        stream: Any = import_module("compression.zstd").ZstdFile(file)
    else:
        stream = import_module("zstandard").ZstdDecompressor().stream_reader(file, read_across_frames=True)
    left = offset
    while left > 0 and (skipped := stream.read(min(left, CHUNK_BYTES))):
        left -= len(skipped)
    return cast("Stream", stream)
