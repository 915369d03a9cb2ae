"""JSON with comments, edited as text: a value is added or removed, and every other byte stays.

Owns the grammar as far as editors use it in their settings: comments of both kinds, and commas after the last member.
Pure functions over text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class Unreadable(ValueError):
    """The text is not JSON, even with comments."""


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object: offsets of its key, and of its value."""

    key: str
    start: int
    value: int
    end: int


def load(text: str) -> Any:
    """Returns the value of the text; an empty text is an empty object. Raises Unreadable."""
    try:
        return json.loads(_plain(text)) if _plain(text).strip() else {}
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"it is not JSON: {error}") from error


def put(text: str, path: Sequence[str], value: Any) -> str:
    """Returns the text with the value at the path of keys; missing objects are added. Raises Unreadable."""
    load(text)
    if not _plain(text).strip():
        text = text + "{\n}\n"
    start = _skip(text, 0)
    for depth, key in enumerate(path):
        members, _ = _members(text, start)
        found = next((one for one in members if one.key == key), None)
        if found is None:
            return _checked(_inserted(text, start, key, _nested(path[depth + 1 :], value)), path, value)
        if depth == len(path) - 1 or text[found.value] != "{":
            made = _nested(path[depth + 1 :], value)
            written = _written(made, _indent_of(text, found.start))
            return _checked(text[: found.value] + written + text[found.end :], path, value)
        start = found.value
    raise Unreadable("no key was given")


def drop(text: str, path: Sequence[str]) -> str:
    """Returns the text without the value at the path, or unchanged if there is none. Raises Unreadable."""
    load(text)
    if not _plain(text).strip():
        return text
    start = _skip(text, 0)
    for depth, key in enumerate(path):
        members, end = _members(text, start)
        index = next((number for number, one in enumerate(members) if one.key == key), None)
        if index is None:
            return text
        if depth == len(path) - 1:
            return _without(text, members, index, start, end)
        start = members[index].value
        if text[start] != "{":
            return text
    return text


def get(value: Any, path: Sequence[str]) -> Any:
    """Returns what is at a path in a loaded value, or None."""
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _checked(text: str, path: Sequence[str], value: Any) -> str:
    if get(load(text), path) != value:
        raise Unreadable("it cannot be edited without harm")
    return text


def _nested(path: Sequence[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _written(value: Any, indent: str) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n" + indent)


def _inserted(text: str, start: int, key: str, value: Any) -> str:
    members, _ = _members(text, start)
    outer = _indent_of(text, start)
    indent = _indent_of(text, members[-1].start) if members else outer + "  "
    member = f"\n{indent}{json.dumps(key)}: {_written(value, indent)}"
    if not members:
        return text[: start + 1] + member + f"\n{outer}" + text[start + 1 :].lstrip(" \t\r\n")
    last = members[-1].end
    after = _skip(text, last)
    if text[after] == ",":
        return text[: after + 1] + member + text[after + 1 :]
    return text[:last] + "," + member + text[last:]


def _without(text: str, members: Sequence[_Member], index: int, start: int, end: int) -> str:
    """Returns the text without a member, its line and the comma between it and the next or previous one."""
    one = members[index]
    line = text.rfind("\n", start, one.start)
    begin = line if line >= 0 and not text[line : one.start].strip() else one.start
    after = _skip(text, one.end)
    if text[after] == ",":
        return text[:begin] + text[after + 1 :]
    if index:
        comma = _skip(text, members[index - 1].end)
        return text[:comma] + text[comma + 1 : begin] + text[one.end :]
    rest = text[one.end : end]
    return text[:begin] + (rest if rest.strip() or begin > start + 1 else "") + text[end:]


def _indent_of(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _members(text: str, start: int) -> tuple[list[_Member], int]:
    """Returns the members of the object at `start`, and the offset of its closing brace."""
    if text[start : start + 1] != "{":
        raise Unreadable("it is not an object")
    found: list[_Member] = []
    at = _skip(text, start + 1)
    while text[at] != "}":
        key_end = _end_of_string(text, at)
        value = _skip(text, _skip(text, key_end) + 1)
        end = _end_of_value(text, value)
        found.append(_Member(json.loads(text[at:key_end]), at, value, end))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found, at


def _end_of_value(text: str, at: int) -> int:
    if text[at] == '"':
        return _end_of_string(text, at)
    if text[at] not in "{[":
        while text[at] not in ",}] \t\r\n/":
            at += 1
        return at
    depth = 0
    while True:
        at = _skip(text, at)
        if text[at] == '"':
            at = _end_of_string(text, at)
            continue
        depth += (text[at] in "{[") - (text[at] in "}]")
        at += 1
        if not depth:
            return at


def _end_of_string(text: str, at: int) -> int:
    at += 1
    while text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _skip(text: str, at: int) -> int:
    """Returns the offset of the next character that is neither white space nor in a comment."""
    while at < len(text):
        if text[at] in " \t\r\n\ufeff":
            at += 1
        elif text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            end = text.find("*/", at)
            at = len(text) if end < 0 else end + 2
        else:
            return at
    return at


def _plain(text: str) -> str:
    """Returns the text without comments and without commas after a last member."""
    parts: list[str] = []
    at = 0
    while (at := _skip(text, at)) < len(text):
        if text[at] == '"':
            end = text.find('"', at + 1)
            while end > 0 and (len(text[:end]) - len(text[:end].rstrip("\\"))) % 2:
                end = text.find('"', end + 1)
            end = len(text) if end < 0 else end + 1
            parts.append(text[at:end])
            at = end
            continue
        if text[at] in "}]" and parts and parts[-1] == ",":
            parts.pop()
        end = at + 1
        if text[at] not in '{}[],:"':
            while end < len(text) and text[end] not in '{}[],:"/ \t\r\n':
                end += 1
        parts.append(text[at:end])
        at = end
    return " ".join(parts)
