"""OTLP's binary form with broken text: what is no UTF-8 becomes U+FFFD, the rest stays as it is.

Owns the walk over fields of the wire format (https://protobuf.dev/programming-guides/encoding). Pure, any thread.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


def repaired(raw: bytes, message: Message) -> bytes:
    """`raw` with all text in UTF-8, as a message of that kind has it. Raises ValueError for what is no message."""
    return _repaired(raw, message.DESCRIPTOR)


def _repaired(raw: bytes, descriptor: Any) -> bytes:
    whole = bytearray()
    at = 0
    while at < len(raw):
        begin = at
        tag, at = _varint(raw, at)
        if tag & 7 == 2:
            head = raw[begin:at]
            size, at = _varint(raw, at)
            part = _part(raw[at : at + size], descriptor.fields_by_number.get(tag >> 3))
            whole += head + _encoded(len(part)) + part
            at += size
        else:
            at = _after(raw, at, tag & 7)
            whole += raw[begin:at]
    if at > len(raw):
        raise ValueError
    return bytes(whole)


def _part(raw: bytes, field: FieldDescriptor | None) -> bytes:
    if field is not None and field.message_type is not None:
        return _repaired(raw, field.message_type)
    if field is not None and field.type == FieldDescriptor.TYPE_STRING:
        return raw.decode("utf-8", "replace").encode()
    return raw


def _after(raw: bytes, at: int, wire_type: int) -> int:
    """Where a value without a length ends."""
    if wire_type == 0:
        return _varint(raw, at)[1]
    if wire_type in (1, 5):
        return at + (8 if wire_type == 1 else 4)
    raise ValueError


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and where it ends."""
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(raw):
            break
        byte = raw[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
    raise ValueError


def _encoded(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
