"""Prometheus' remote write 1.0, as an agent speaks it: protobuf messages, compressed by snappy, by HTTP POST.

Owns the encoding. A series is encoded once and sent often: only its sample changes from one request to the next.
https://prometheus.io/docs/specs/prw/remote_write_spec/ has the messages.
"""

from __future__ import annotations

import struct
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import cramjam

_HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
    "User-Agent": "obsd-benchmark",
}
_SAMPLE_BYTES = 18
"""Of every sample: tag and length, a double with its tag, a time in ms with its tag (7 bytes until the year 2109)."""


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(tag: int, payload: bytes) -> bytes:
    return bytes((tag,)) + _varint(len(payload)) + payload


def series(labels: Mapping[str, str]) -> bytes:
    """Returns a TimeSeries up to its one sample; `labels` has `__name__`."""
    encoded = b"".join(
        _field(0x0A, _field(0x0A, name.encode()) + _field(0x12, value.encode()))
        for name, value in sorted(labels.items())
    )
    return b"\x0a" + _varint(len(encoded) + _SAMPLE_BYTES) + encoded


def sample(value: float, at_ms: int) -> bytes:
    """Returns the sample that ends a TimeSeries."""
    encoded = b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(at_ms)
    assert len(encoded) == _SAMPLE_BYTES - 2
    return b"\x12" + bytes((len(encoded),)) + encoded


def request(found: Sequence[bytes], end: bytes) -> bytes:
    """Returns a compressed WriteRequest: every series with the same sample."""
    raw = end.join((*found, b""))
    compressed: Any = cramjam.snappy.compress_raw(raw)
    return bytes(compressed)


def send(url: str, body: bytes) -> None:
    """Posts a request; raises OSError when it is not taken."""
    posted = urllib.request.Request(f"{url}/api/v1/write", data=body, headers=_HEADERS, method="POST")
    with urllib.request.urlopen(posted, timeout=120):
        pass
