"""Reports of the editors' extension: what becomes a fact, and what of a broken one is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from obsd.facts.editors import EditorSaved, SuggestionEnded
from obsd.telemetry import editor_reports
from obsd.telemetry.otlp import decode
from obsd.telemetry.parsing import Batch, read
from tests.otlp import attributes

AT = 1_800_000_000.5
WORKSPACES = {"/home/me/work": "work", "/home/me/work/inner": "inner"}
CONTENT = "ab" * 20


def body(*records: dict[str, Any]) -> dict[str, Any]:
    """A request of the extension."""
    scope = {"scope": {"name": "obsd.vscode", "version": "1"}, "logRecords": list(records)}
    resource = {"attributes": attributes(service__name="obsd-vscode")}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [scope]}]}


def record(name: str, **words: Any) -> dict[str, Any]:
    """A record of it."""
    own = attributes(event__name=f"obsd.editor.{name}", id="w:1", **words)
    return {"timeUnixNano": str(int(AT * 1e9)), "attributes": own}


def saved(*parts: object, **words: Any) -> dict[str, Any]:
    """A save with these parts: origin and provider."""
    changes = [{"origin": part[0], "provider": part[1], "inserted": 3} for part in parts if isinstance(part, tuple)]
    whole = {"path": "/home/me/work/a.py", "content": CONTENT, "whole": True, "reloaded": 0.0}
    return record("saved", **(whole | {"changes": json.dumps(changes)} | words))


def suggestion(**words: Any) -> dict[str, Any]:
    """An accepted suggestion."""
    whole = {"path": "/home/me/work/a.py", "provider": "GitHub.copilot", "outcome": "accepted", "count": 1, "lines": 4}
    return record("suggestion", **(whole | words))


def batch(*records: dict[str, Any]) -> Batch:
    return read("logs", decode("logs", "json", json.dumps(body(*records)).encode()))


def facts(*records: dict[str, Any]) -> list[Any]:
    reports = [one.report for one in batch(*records).happenings if one.report]
    return list(editor_reports.facts(reports, WORKSPACES, AT + 1))


def test_a_save_is_evidence_in_its_workspace() -> None:
    assert facts(saved(("typed", ""))) == [EditorSaved(AT, "work", "a.py", CONTENT, ("person",))]
    (inner,) = facts(saved(("typed", ""), path="/home/me/work/inner/b/c.py"))
    assert (inner.workspace, inner.path) == ("inner", "b/c.py")


@pytest.mark.parametrize(
    ("parts", "authors"),
    [
        ([("typed", ""), ("pasted", ""), ("command", ""), ("undone", "")], ("person",)),
        ([("accepted", "GitHub.copilot")], ("copilot-vscode",)),
        ([("applied", "GitHub.copilot-chat"), ("typed", "")], ("copilot-vscode", "person")),
        ([("accepted", "nobody.known")], ("unknown",)),
        ([("applied", "")], ("unknown",)),
        ([("completed", "ms-python.python")], ("person",)),
        ([("completed", "GitHub.copilot")], ("copilot-vscode",)),
        ([("extension", "")], ("unknown",)),
        ([("redone", "")], ("unknown",)),
        ([("unknown", "")], ("unknown",)),
        ([("not yet invented", "")], ("unknown",)),
        ([("formatted", ""), ("typed", "")], ("person",)),
        ([("formatted", "")], ()),
    ],
)
def test_who_made_the_edits(parts: list[tuple[str, str]], authors: tuple[str, ...]) -> None:
    (fact,) = facts(saved(*parts))
    assert fact.authors == authors


def test_what_was_not_seen_whole_is_of_unknown_ones_too() -> None:
    (fact,) = facts(saved(("typed", ""), whole=False))
    assert fact.authors == ("person", "unknown")


def test_a_suggestion_is_counted_under_its_extension() -> None:
    assert facts(suggestion()) == [SuggestionEnded(AT + 1, "work", "github.copilot", "accepted", 1, 4)]
    assert facts(suggestion(path="", provider="", outcome="shown")) == [
        SuggestionEnded(AT + 1, "", "unknown", "shown", 1, 4)
    ]


def test_the_editors_statistics_have_no_lines_and_no_provider() -> None:
    words = {"path": "/home/me/work", "provider": "", "outcome": "accepted", "count": 3, "how": "stats"}
    assert facts(record("suggestion", **words)) == [SuggestionEnded(AT + 1, "work", "unknown", "accepted", 3, None)]
    assert facts(record("suggestion", **words | {"how": "basic"})) == []


def test_files_of_no_workspace_are_left_out() -> None:
    assert facts(saved(("typed", ""), path="/etc/passwd"), suggestion(path="/home/me/other")) == []


@pytest.mark.parametrize(
    "broken",
    [
        saved(path=""),
        saved(path="relative"),
        saved(path="/" + "x" * 5000),
        saved(content=""),
        saved(content="../../etc"),
        saved(changes="[" * 5000),
        saved(changes="{}"),
        saved(changes="x" * (70 << 10)),
        saved(reloaded="yesterday"),
        saved(reloaded=1e308 * 10),
        suggestion(outcome="guessed"),
        suggestion(count=-1),
        suggestion(count=1 << 40),
        suggestion(lines="4"),
        record("something"),
        {"attributes": []},
    ],
)
def test_what_is_broken_says_nothing_and_is_counted(broken: dict[str, Any]) -> None:
    found = batch(broken)
    assert (found.happenings, found.items, found.unknown.total()) == ([], 1, 1)


@pytest.mark.parametrize("part", [7, None, "typed", [], {"origin": 7, "provider": {}}, {"origin": []}])
def test_a_part_of_another_form_is_of_nobody_known(part: object) -> None:
    (fact,) = facts(saved(changes=json.dumps([part])))
    assert fact.authors == ("unknown",)


def test_its_metrics_are_known_and_say_nothing_new() -> None:
    sum_ = {"dataPoints": [], "aggregationTemporality": 2, "isMonotonic": True}
    scope = {"scope": {"name": "obsd.vscode"}, "metrics": [{"name": "obsd.editor.edits", "sum": sum_}]}
    found = read(
        "metrics", decode("metrics", "json", json.dumps({"resourceMetrics": [{"scopeMetrics": [scope]}]}).encode())
    )
    assert (found.points, found.unknown.total(), found.senders) == ([], 0, {})
