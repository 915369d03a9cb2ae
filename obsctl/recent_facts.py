"""The last facts as one looks at them: each change with its author, saves of one file after another together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Fact = dict[str, Any]
_OF_AUTHOR = ("agent", "evidence", "session", "program")
_SUMS = ("lines_added", "lines_removed")


def with_authors(facts: Sequence[Fact]) -> list[Fact]:
    """Returns facts, newest first, where a `FileChanged` has its author if a `ChangeAttributed` among them tells it."""
    authors = {fact["change"]: fact for fact in reversed(facts) if fact["kind"] == "ChangeAttributed"}
    return [
        {**fact, **{key: authors[fact["change"]][key] for key in _OF_AUTHOR}}
        if fact["kind"] == "FileChanged" and fact["change"] in authors
        else fact
        for fact in facts
    ]


def folded(facts: Sequence[Fact]) -> list[Fact]:
    """Returns facts for a screen: authors with their changes alone, and saves in a row as one, with their number."""
    shown = {fact["change"] for fact in facts if fact["kind"] == "FileChanged"}
    rows: list[Fact] = []
    for fact in with_authors(facts):
        if fact["kind"] == "ChangeAttributed" and fact["change"] in shown:
            continue
        if rows and _is_save(fact) and _is_save(rows[-1]) and _same(rows[-1], fact, ("path", "workspace", *_OF_AUTHOR)):
            rows[-1] = {**rows[-1], "saves": rows[-1].get("saves", 1) + 1, **_added(rows[-1], fact)}
        else:
            rows.append(fact)
    return rows


def _is_save(fact: Fact) -> bool:
    return fact["kind"] == "FileChanged" and fact["operation"] == "modified" and fact["lines_added"] is not None


def _same(one: Fact, other: Fact, keys: Iterable[str]) -> bool:
    return all(one[key] == other[key] for key in keys)


def _added(one: Fact, other: Fact) -> Fact:
    return {key: one[key] + other[key] for key in _SUMS}
