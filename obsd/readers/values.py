"""Values between the daemon and a reader: what functions of git take and give, as JSON and back.

Owns the encoding: plain values as they are, tuples, sets, mappings and paths marked, and obsd's dataclasses named.
A reader has read what strangers wrote, so an answer can only be data: nothing but dataclasses and named tuples of
obsd's that are loaded already is made of it. Any thread, and children.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from obsd import errors
from obsd.errors import ObsdError

_PLAIN = (bool, int, float, str, type(None))


def encode(value: Any) -> Any:
    """A value as JSON has it. Raises TypeError for what cannot travel."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, Path):
        return {"path": str(value)}
    if isinstance(value, list):
        return [encode(one) for one in value]
    if isinstance(value, tuple):
        own = hasattr(value, "_fields")
        return {"tuple": [encode(one) for one in value]} | ({"of": _name(type(value))} if own else {})
    if isinstance(value, (set, frozenset)):
        return {"set": [encode(one) for one in value]}
    if isinstance(value, Mapping):
        return {"map": [[encode(key), encode(one)] for key, one in value.items()]}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: encode(getattr(value, field.name)) for field in fields(value) if field.init}
        return {"of": _name(type(value)), "fields": parts}
    raise TypeError(f"{type(value).__name__} does not travel")


def decode(value: Any) -> Any:
    """The value again. Raises ValueError for what `encode` never made."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list):
        return [decode(one) for one in value]
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is no value")
    try:
        return _decode(value)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no value: {error}") from error


def _decode(value: dict[str, Any]) -> Any:
    if "tuple" in value:
        items = tuple(decode(one) for one in value["tuple"])
        return _type(value["of"])(*items) if "of" in value else items
    if "of" in value:
        return _type(value["of"])(**{name: decode(one) for name, one in value["fields"].items()})
    if "path" in value:
        return Path(value["path"])
    if "set" in value:
        return frozenset(decode(one) for one in value["set"])
    return {decode(key): decode(one) for key, one in value["map"]}


def encode_error(error: ObsdError) -> list[str]:
    """An expected error: its place in the tree of errors, and its words."""
    known = next(kind for kind in type(error).__mro__ if kind.__module__ == errors.__name__)
    return [known.__name__, error.reason, error.message, error.hint]


def decode_error(parts: list[str]) -> ObsdError:
    """The error again, as the nearest of `obsd.errors`. Raises ValueError."""
    name, reason, message, hint = parts
    kind = getattr(errors, name, None)
    if not (isinstance(kind, type) and issubclass(kind, ObsdError)):
        raise ValueError(f"no error: {name!r}")
    return kind(reason, message, hint)


def name_of(fn: Callable[..., Any]) -> str:
    """The name by which a function of a module of obsd's is called in a reader."""
    if "." in fn.__qualname__ or "<" in fn.__qualname__:
        raise TypeError(f"{fn.__qualname__} is no function of a module")
    return f"{fn.__module__}:{fn.__qualname__}"


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _type(name: str) -> Callable[..., Any]:
    module, _, own = name.partition(":")
    kind = getattr(sys.modules.get(module), own, None) if module.startswith("obsd.") else None
    if isinstance(kind, type) and (is_dataclass(kind) or (issubclass(kind, tuple) and hasattr(kind, "_fields"))):
        return kind
    raise ValueError(f"{name!r} is no dataclass of obsd's")
