"""HTTP/1.1 as far as scrapes, telemetry and the page need it: a request's head and body read, a response's bytes made.

Owns the grammar and its limits. Knows no path. Heads and responses are pure; bodies come from a stream, on the event
loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Final

MAX_HEAD_BYTES = 16 << 10
_MAX_TRAILER_LINES: Final = 32
_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")

REASONS = {
    200: "OK",
    303: "See Other",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
    508: "Loop Detected",
}


class BadRequest(Exception):
    """A request that is refused before an application sees all of it: `code` is the status of the response."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head; header names are in lower case, of a repeated header the values are joined by commas.

    `target` is what was asked for as it was sent, `path` its path without the query.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    keep_alive: bool
    target: str = ""

    @property
    def query(self) -> str:
        """What follows the first question mark of the target."""
        return self.target.partition("?")[2]

    @property
    def has_body(self) -> bool:
        """Whether bytes follow that belong to it."""
        return "transfer-encoding" in self.headers or self.headers.get("content-length", "0").strip() != "0"

    def takes_gzip(self) -> bool:
        """Whether Accept-Encoding allows gzip."""
        for item in self.headers.get("accept-encoding", "").lower().split(","):
            coding, _, weight = item.partition(";")
            if coding.strip() in ("gzip", "*"):
                return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
        return False


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back. `parts` follow the body as they come; the end of the connection is their end."""

    code: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: AsyncGenerator[bytes, None] | None = None

    def encode(self, keep_alive: bool, head_only: bool = False) -> bytes:
        """The bytes on the wire; `head_only` leaves the body out, as HEAD asks."""
        headers = {
            "Content-Type": self.content_type,
            "Content-Length": str(len(self.body)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Connection": "keep-alive" if keep_alive and self.parts is None else "close",
            **self.headers,
        }
        if self.parts is not None:
            del headers["Content-Length"]
        lines = [f"HTTP/1.1 {self.code} {REASONS[self.code]}", *(f"{name}: {value}" for name, value in headers.items())]
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head if head_only else head + self.body


def parse(head: bytes) -> Request:
    """The request in the bytes before and with the empty line. Raises BadRequest."""
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[0].isalpha() or not words[2].startswith("HTTP/"):
        raise BadRequest(400, "not an HTTP request")
    method, target, version = words
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        raise BadRequest(505, "HTTP/1.0 and HTTP/1.1 are spoken here")
    headers = _headers(lines)
    wishes = {wish.strip() for wish in headers.get("connection", "").lower().split(",")}
    keep_alive = "close" not in wishes and (version == "HTTP/1.1" or "keep-alive" in wishes)
    return Request(method, _path(target), headers, keep_alive, target)


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(400, "a header line is broken")
        key = name.lower()
        headers[key] = f"{headers[key]},{value.strip()}" if key in headers else value.strip()
    return headers


def _path(target: str) -> str:
    """The path of a target in origin or absolute form, without the query."""
    if target.startswith(("http://", "https://")):
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    return target.split("?", 1)[0]


async def read_body(reader: asyncio.StreamReader, request: Request, max_bytes: int) -> bytes:
    """All of a request's body. Raises BadRequest, and EOFError when the client goes."""
    coding = request.headers.get("transfer-encoding", "").strip().lower()
    length = request.headers.get("content-length")
    if coding:
        if coding != "chunked" or length is not None:
            raise BadRequest(400, "a body is sent in chunks or with a length")
        return await _chunks(reader, max_bytes)
    if length is None:
        return b""
    if not (length.isascii() and length.isdigit()):
        raise BadRequest(400, "the Content-Length is no number")
    if len(length) > 12 or int(length) > max_bytes:
        raise _too_large(max_bytes)
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader, max_bytes: int) -> bytes:
    body = bytearray()
    while True:
        size = await _size(reader)
        if len(body) + size > max_bytes:
            raise _too_large(max_bytes)
        if not size:
            break
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequest(400, "a chunk does not end where it says")
    for _ in range(_MAX_TRAILER_LINES):
        if await _line(reader) == b"":
            return bytes(body)
    raise BadRequest(400, "too many lines behind the last chunk")


async def _size(reader: asyncio.StreamReader) -> int:
    text = (await _line(reader)).partition(b";")[0].strip()
    if not 0 < len(text) <= 8 or not set(text) <= _DIGITS:
        raise BadRequest(400, "the length of a chunk is no number")
    return int(text, 16)


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except asyncio.LimitOverrunError as error:
        raise BadRequest(400, "a line of the body is too long") from error


def _too_large(max_bytes: int) -> BadRequest:
    return BadRequest(413, f"a request has at most {max_bytes:,} bytes")
