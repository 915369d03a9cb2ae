"""The dashboards against Grafana's own schema, as the package that is generated from it has it.

A model that is read from JSON keeps what the schema knows: what does not come back is no key of Grafana's. What comes
back has the types that the schema gives.
"""

from __future__ import annotations

import enum
import json
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import dashboard

FOLDER = Path(__file__).resolve().parents[3] / "packaging" / "grafana" / "dashboards"
BOARDS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}
OF_THE_DATA_SOURCE = {
    ".annotations.list.expr",
    ".annotations.list.step",
    ".annotations.list.titleFormat",
    ".annotations.list.tagKeys",
}
"""Keys of an annotation that Prometheus' plugin reads, and the schema leaves to it."""

register_default_plugins()


@pytest.mark.parametrize("uid", BOARDS)
def test_every_key_is_one_of_grafanas(uid: str) -> None:
    read = dashboard.Dashboard.from_json(BOARDS[uid])
    known = json.loads(json.dumps(read, cls=JSONEncoder))
    assert set(lost(BOARDS[uid], known)) <= OF_THE_DATA_SOURCE


@pytest.mark.parametrize("uid", BOARDS)
def test_every_value_has_the_type_that_grafana_wants(uid: str) -> None:
    assert list(mistyped(dashboard.Dashboard.from_json(BOARDS[uid]), dashboard.Dashboard)) == []


def test_a_wrong_key_and_a_wrong_type_are_found() -> None:
    board = json.loads(json.dumps(BOARDS["obsd-activity"]))
    board["panels"][0]["gridpos"] = {}
    board["panels"][0]["options"]["colourMode"] = "value"
    board["panels"][1]["timeFrom"] = 5
    board["templating"]["list"][0]["type"] = "anything"
    board["panels"][1]["gridPos"]["w"] = "wide"
    read = dashboard.Dashboard.from_json(board)
    known = json.loads(json.dumps(read, cls=JSONEncoder))
    assert set(lost(board, known)) - OF_THE_DATA_SOURCE == {".panels.gridpos", ".panels.options.colourMode"}
    assert {where for where, _ in mistyped(read, dashboard.Dashboard)} == {
        ".templating.list_val.type_val",
        ".panels.grid_pos.w",
        ".panels.time_from",
    }


def lost(sent: Any, known: Any, where: str = "") -> typing.Iterator[str]:
    """The places of keys that did not come back."""
    if isinstance(sent, dict):
        assert isinstance(known, dict), where
        for key, value in sent.items():
            if key in known:
                yield from lost(value, known[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}"
    elif isinstance(sent, list):
        assert len(sent) == len(known), where
        for one, other in zip(sent, known, strict=True):
            yield from lost(one, other, where)
    else:
        assert sent == known, where


def mistyped(value: Any, wanted: Any, where: str = "") -> typing.Iterator[tuple[str, Any]]:
    """The places, and values, that are not what the schema wants."""
    origin, parts = typing.get_origin(wanted), typing.get_args(wanted)
    if isinstance(value, dict) and hasattr(wanted, "from_json"):  # the package leaves some as they are
        value = wanted.from_json(value)
    if dataclass_of_grafana(value):
        for name, hint in typing.get_type_hints(type(value)).items():
            yield from mistyped(getattr(value, name), hint, f"{where}.{name}")
    elif isinstance(value, list) and any(list in (part, typing.get_origin(part)) for part in (wanted, *parts)):
        items = [part for part in (wanted, *parts) if typing.get_origin(part) is list]
        for each in value if items else ():
            yield from mistyped(each, typing.get_args(items[0])[0], where)
    elif origin in (typing.Union, types.UnionType):
        if all(next(mistyped(value, part, where), None) for part in parts):
            yield where, value
    elif not is_one(value, wanted, origin, parts):
        yield where, value


def dataclass_of_grafana(value: Any) -> bool:
    """Whether it is a model, and no member of an enumeration."""
    return type(value).__module__.startswith("grafana_foundation_sdk") and not isinstance(value, enum.Enum)


def is_one(value: Any, wanted: Any, origin: Any, parts: tuple[Any, ...]) -> bool:
    """Whether a plain value is of a type that is no union."""
    if origin is typing.Literal:
        return value in parts
    if isinstance(wanted, type) and issubclass(wanted, enum.Enum):
        return value in {member.value for member in wanted}
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, origin or wanted) if isinstance(origin or wanted, type) else True
