"""OTLP's JSON form: an object becomes a message of `otlp.proto`.

Owns the reading of values, which is forgiving where a broken one says nothing of its neighbours: what is no number, no
text, or out of range is left unset. What has the wrong shape is an error. Names that `otlp.proto` lacks are passed
over. Pure, any thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message


def parse(body: bytes, message: Message) -> None:
    """Fill a message from a body. Raises ValueError and RecursionError."""
    # Bytes that are no UTF-8 become U+FFFD: they may be half a character, which somebody cut.
    _fill(message, json.loads(body.decode("utf-8", "replace").removeprefix("\ufeff")))


def _fill(message: Message, data: object) -> None:
    if not isinstance(data, dict):
        raise ValueError
    for name, field, read in _fields(message.DESCRIPTOR):
        value = data.get(name)
        if value is None:
            continue
        if read is not None:
            _set(message, field, read, value)
            continue
        inner = getattr(message, field.name)
        if isinstance(inner, Message):
            inner.SetInParent()
            _fill(inner, value)
        elif isinstance(value, list):
            for item in value:
                _fill(inner.add(), item)
        else:
            raise ValueError


def _set(message: Message, field: FieldDescriptor, read: Callable[[Any], Any], value: object) -> None:
    try:
        setattr(message, field.name, read(value))
    except (ValueError, TypeError, OverflowError):
        pass  # it says nothing


@cache
def _fields(descriptor: Descriptor) -> list[tuple[str, FieldDescriptor, Callable[[Any], Any] | None]]:
    """The name of each field in this form, the field, and what reads its value (None: it holds messages)."""
    return [(field.json_name, field, _reader(field)) for field in descriptor.fields]


def _reader(field: FieldDescriptor) -> Callable[[Any], Any] | None:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return None
    if field.enum_type is not None:
        numbers = {value.name: value.number for value in field.enum_type.values}
        return lambda value: numbers[value] if isinstance(value, str) and value in numbers else _whole(value)
    if field.type == FieldDescriptor.TYPE_BYTES:
        # Ids, in hexadecimal digits: the one place where OTLP differs from protobuf's own JSON.
        return bytes.fromhex
    if field.type == FieldDescriptor.TYPE_STRING:
        return _text
    if field.type == FieldDescriptor.TYPE_BOOL:
        return _truth
    return _number if field.type == FieldDescriptor.TYPE_DOUBLE else _whole


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    # Half an emoji is a surrogate without its partner, which no message can hold.
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _whole(value: Any) -> int:
    """64-bit numbers are text in this form, and many write them as numbers."""
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError
    return int(value)
