"""`obsctl config show|check`: the configuration file, read here as the daemon would read it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from typing import Any

from obsctl.call import Call, shown
from obsd.host import paths


def configure(parser: ArgumentParser) -> None:
    """The action, and another file."""
    parser.add_argument(
        "action", choices=("show", "check"), help="print every value in force, or only check for faults"
    )
    parser.add_argument("--config", metavar="FILE", help="this file instead of the default")


def run(call: Call) -> int:
    """Shows or checks the configuration; a file with faults is exit code 78."""
    from obsd import config

    place = paths.config_file(call.args.config)
    try:
        found = config.load(place)
    except config.InvalidConfig as error:
        if not call.json:
            for problem in error.problems[1:]:
                call.note(problem)
        raise
    plain = config.plain(found)
    if call.json:
        extra = {"config": plain} if call.args.action == "show" else {"valid": True}
        call.document("config", file=None if place is None else shown(place), **extra)
    elif call.args.action == "show":
        call.say(f"# {'no file: all defaults' if place is None else shown(place)}")
        for line in _toml(plain if isinstance(plain, Mapping) else {}, ""):
            call.say(line)
    else:
        call.say("no configuration file: all defaults" if place is None else f"{shown(place)}: no faults")
    return 0


def _toml(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Yields the values as TOML: those of this table first, then its tables."""
    for key, value in table.items():
        if not _is_table(value):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in table.items():
        name = f"{prefix}{_key(key)}"
        if isinstance(value, Mapping):
            yield from ("", f"[{name}]")
            yield from _toml(value, f"{name}.")
        elif _is_table(value):
            for one in value:
                yield from ("", f"[[{name}]]")
                # Unset keys in an entry of a list would be shown as empty, which is not a valid value.
                yield from _toml({key: item for key, item in one.items() if item not in ("", [], {})}, f"{name}.")


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(one, Mapping) for one in value))


def _key(key: str) -> str:
    return key if key.isascii() and key.replace("_", "").replace("-", "").isalnum() else _value(key)


def _value(value: object) -> str:
    """Returns a scalar or a list as TOML: JSON has the same strings. None is an agent's marker given as `""`."""
    import json

    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_value(one) for one in value)}]"
    return json.dumps("" if value is None else value, ensure_ascii=False)
