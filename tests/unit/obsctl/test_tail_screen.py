"""`obsctl tail` on a terminal: one line for the saves of a file in a row, with their author when that is known."""

from __future__ import annotations

from typing import Any

from obsctl.tail_screen import TailScreen

AGAIN = "\x1b[1A\r\x1b[2K"


def saved(change: int, path: str = "a.py", operation: str = "modified") -> dict[str, Any]:
    author = dict.fromkeys(("agent", "evidence", "session", "program"))
    own = {"change": change, "path": path, "operation": operation, "lines_added": 2, "lines_removed": 1}
    return {"kind": "FileChanged", "workspace": "w", "previous_path": "", "unmeasured": "", **own, **author}


def attributed(change: int, agent: str = "codex", path: str = "a.py") -> dict[str, Any]:
    own = {"change": change, "path": path, "agent": agent, "evidence": "writer", "session": "", "program": ""}
    return {"kind": "ChangeAttributed", "workspace": "w", "late": False, **own}


def printed(*facts: dict[str, Any], width: int = 80) -> list[str]:
    """What a terminal shows in the end, without the times."""
    lines: list[str] = []
    screen = TailScreen(width)
    for fact in facts:
        text = screen.text(fact, 0.0)
        if text.startswith(AGAIN):
            lines.pop()
        if text:
            lines.append(text.removeprefix(AGAIN).rstrip("\n").split("  ", 2)[2])
    return lines


def test_saves_in_a_row_and_their_author_are_one_line() -> None:
    assert printed(saved(1), attributed(1), saved(2), saved(3), attributed(2), attributed(3)) == [
        "modified a.py 3 times (+6 -3, by codex (writer))"
    ]


def test_another_file_author_or_fact_begins_a_line() -> None:
    broken = {"kind": "RuleBroken", "workspace": "w", "rule": "r", "subject": "ab" * 20, "detail": "d"}
    assert printed(saved(1), saved(2, "b.py"), broken, saved(3, "b.py"), attributed(3, path="b.py")) == [
        "modified a.py (+2 -1)",
        "modified b.py (+2 -1)",
        "rule r is broken by ababababab: d",
        "modified b.py (+2 -1, by codex (writer))",
    ]
    both = printed(saved(1), attributed(1), saved(2), attributed(2, "person"))
    assert both == ["modified a.py 2 times (+4 -2)", "a.py is by a person (writer)"], "nobody gets another's lines"
    assert printed(saved(1, operation="created"), saved(2)) == ["created a.py (+2 -1)", "modified a.py (+2 -1)"]


def test_a_line_that_was_wrapped_is_not_written_again() -> None:
    assert printed(saved(1), saved(2), width=20) == ["modified a.py (+2 -1)", "modified a.py (+2 -1)"]


def test_what_says_nothing_new_and_rules_are_short() -> None:
    broken = {"kind": "RuleBroken", "workspace": "w", "rule": "r", "subject": "a.py", "detail": "d" * 90}
    lines = printed(saved(1), saved(2, "b.py"), attributed(1, "unknown"), broken, width=60)
    assert lines[:2] == ["modified a.py (+2 -1)", "modified b.py (+2 -1)"]
    assert len(lines) == 3
    assert lines[2].endswith("d…")
