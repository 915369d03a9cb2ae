"""A JSON Schema (2020-12) for what a verb prints, made from the types.

Pure. A key that is not in the types is no part of the object: a test holds what the program prints against it.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from obsctl.schema.activity import Event
from obsctl.schema.kinds import KINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def of_verb(kind: str) -> dict[str, Any]:
    """The schema of the object of a kind. Raises KeyError for none."""
    own = KINDS[kind]
    definitions: dict[str, Any] = {}
    body = _object(own, definitions)
    head: dict[str, Any] = {"schema_version": {"const": 1, "description": "of all objects that obsctl prints"}}
    if own is not Event:
        head["kind"] = {"const": kind, "description": "which object it is"}
        body["required"] = ["schema_version", "kind", *body["required"]]
    else:
        head = {}
    body["properties"] = head | body["properties"]
    return {"$schema": DRAFT, "title": f"obsctl {kind} --json", **body, "$defs": dict(sorted(definitions.items()))}


def _object(own: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(own, include_extras=True)
    return {
        "type": "object",
        "description": own.__doc__,
        "properties": {name: _value(hint, definitions) for name, hint in hints.items()},
        "required": sorted(own.__required_keys__, key=list(hints).index),
        "additionalProperties": own is Event,
    }


def _value(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if get_origin(hint) is Annotated:
        inner, *words = get_args(hint)
        return _value(inner, definitions) | {"description": words[-1]}
    return _type(hint, definitions)


def _type(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if is_typeddict(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Literal:
        return {"enum": list(parts)}
    if origin in (Union, UnionType):
        return {"anyOf": [_value(part, definitions) for part in parts]}
    if origin is list:
        return {"type": "array", "items": _value(parts[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _value(parts[1], definitions)}
    return {} if hint is Any else {"type": _PLAIN[hint]}
