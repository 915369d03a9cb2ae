"""Who replaced whose lines: itself, somebody else, or nobody knows."""

from __future__ import annotations

from obsd.authorship.replaced import Taken, overridden_and_thrashed, reported


def test_each_line_is_in_one_sum() -> None:
    taken = [
        Taken("codex", "codex", 3),
        Taken("codex", "person", 2),
        Taken("person", "codex", 5),
        Taken("person", "person", 1),
        Taken("codex", "claude-code", 4),
        Taken("codex", "unknown", 7),
        Taken("several", "codex", 8),
        Taken("several", "several", 9),
    ]
    overridden, thrashed = overridden_and_thrashed(taken)
    assert dict(overridden) == {"codex": 6, "person": 5, "unknown": 24}
    assert dict(thrashed) == {"codex": 3, "person": 1}
    assert sum(lines for _, lines in (*overridden, *thrashed)) == sum(one.lines for one in taken)


def test_lines_that_an_editor_reported_are_its_writers_whoever_took_them() -> None:
    taken = [
        Taken("copilot-vscode", "person", 2, True),
        Taken("copilot-vscode", "unknown", 3, True),
        Taken("copilot-vscode", "copilot-vscode", 4, False),
        Taken("person", "person", 1, True),
    ]
    assert reported(taken) == (("copilot-vscode", 5), ("person", 1))
