"""The body of an HTTP request: of a known length, or in chunks, and never longer than the limit.

Owns the grammar of chunks. Knows nothing of what is in a body. On the event loop.
"""

from __future__ import annotations

import asyncio
from typing import Final

from obsd.http_server import Request
from obsd.telemetry.otlp import MAX_BODY_BYTES, Refused, too_large

_MAX_TRAILER_LINES: Final = 32
_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")


async def read_body(reader: asyncio.StreamReader, request: Request) -> bytes:
    """All of it. Raises Refused, and EOFError when the client goes."""
    coding = request.headers.get("transfer-encoding", "").strip().lower()
    length = request.headers.get("content-length")
    if coding:
        if coding != "chunked" or length is not None:
            raise Refused(400, "a body is sent in chunks or with a length")
        return await _chunks(reader)
    if length is None:
        return b""
    if not (length.isascii() and length.isdigit()):
        raise Refused(400, "the Content-Length is no number")
    if len(length) > 12 or int(length) > MAX_BODY_BYTES:
        raise too_large()
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        size = await _size(reader)
        if len(body) + size > MAX_BODY_BYTES:
            raise too_large()
        if not size:
            break
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise Refused(400, "a chunk does not end where it says")
    for _ in range(_MAX_TRAILER_LINES):
        if await _line(reader) == b"":
            return bytes(body)
    raise Refused(400, "too many lines behind the last chunk")


async def _size(reader: asyncio.StreamReader) -> int:
    text = (await _line(reader)).partition(b";")[0].strip()
    if not 0 < len(text) <= 8 or not set(text) <= _DIGITS:
        raise Refused(400, "the length of a chunk is no number")
    return int(text, 16)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except asyncio.LimitOverrunError as error:
        raise Refused(400, "a line of the body is too long") from error
