"""What authorship gets of tools that ran."""

from __future__ import annotations

from dataclasses import replace

from obsd.authorship.facts import WriteRecorded
from obsd.facts.records import FileWritten, ToolRan
from obsd.line_hashes import content_of
from obsd.records.adapters import ADAPTERS, chosen
from obsd.records.write_facts import write_facts

TOOL = ToolRan("codex", "s", "call_1", "edit", 10.0, 11.0, True, 12.0)


def locate(path: str) -> tuple[str, str] | None:
    return ("work", path.removeprefix("/w/")) if path.startswith("/w/") else None


def fact(path: str, **more: object) -> WriteRecorded:
    return WriteRecorded(12.0, "work", path, "codex", "s", "call_1", 10.0, 11.0, **more)  # type: ignore[arg-type]


def test_each_file_that_was_written_is_a_fact() -> None:
    files = (
        FileWritten("/w/a", "edit", lines_added=2, lines_removed=1),
        FileWritten("/w/b", "write", content=content_of(b"b\n"), whole=True),
        FileWritten("/w/new/c", "move", "/w/c", 0, 0),
        FileWritten("/w/gone", "delete"),
        FileWritten("/elsewhere/d", "move", "/w/d"),
    )
    assert list(write_facts(replace(TOOL, files=files), locate)) == [
        fact("a", lines_added=2, lines_removed=1),
        fact("b", content_id=content_of(b"b\n").blob, rewrites=True),
        fact("c", removes=True),
        fact("new/c", lines_added=0, lines_removed=0),
        fact("gone", removes=True),
        fact("d", removes=True),
    ]


def test_what_failed_or_runs_is_none() -> None:
    files = (FileWritten("/w/a", "edit"),)
    assert list(write_facts(replace(TOOL, files=files, ok=False), locate)) == []
    assert list(write_facts(replace(TOOL, files=files, ended=None), locate)) == []


def test_adapters_are_chosen_by_the_setting() -> None:
    assert chosen(("all",)) == ADAPTERS
    assert [adapter.agent for adapter in chosen(("pi", "codex", "nobody"))] == ["codex", "pi"]
    assert chosen(()) == ()
