"""Facts as lines of the live list."""

from __future__ import annotations

from obsd.authorship.facts import ChangeAttributed
from obsd.facts import FileChanged, Rescanned, RescanReason, WorkDiscarded
from obsd.web import templates
from obsd.web.lines import Lines
from tests.unit.recording import T0, changed, commit


def numbered(number: int, path: str = "a.py") -> FileChanged:
    return FileChanged(T0, "w", path, "modified", "python", 2, 1, change=number)


def attributed(number: int, agent: str = "codex", path: str = "a.py") -> ChangeAttributed:
    return ChangeAttributed(T0 + 1, "w", number, path, agent, "writer", program="sed", lines_added=2, lines_removed=1)


def test_an_author_completes_the_line_of_the_change() -> None:
    lines = Lines()
    [first] = lines.of([numbered(7)])
    assert (first.key, first.author, first.text) == ("c7", "", "modified a.py +2 −1")
    [second] = lines.of([attributed(7)])
    assert (second.key, second.author, second.text, second.note) == ("c7", "codex", first.text, "writer with sed")
    assert second.at == first.at


def test_both_at_once_are_one_line() -> None:
    [line] = Lines().of([numbered(7), attributed(7)])
    assert (line.key, line.author) == ("c7", "codex")


def test_an_author_who_is_known_late_does_not_move_the_line() -> None:
    facts = [numbered(1), FileChanged(T0 + 1, "w", "b.py", "created", "python", 1, 0, change=2), attributed(1)]
    assert [(line.key, line.author) for line in Lines().of(facts)] == [("c1", "codex"), ("c2", "")]


def test_one_agent_alone() -> None:
    facts = [numbered(1), attributed(1, "codex"), numbered(2), attributed(2, "person"), commit(agent="codex")]
    assert [line.author for line in Lines().of(facts, "codex")] == ["codex", "codex"]


def test_facts_without_a_line() -> None:
    reason: RescanReason = "start"
    assert Lines().of([Rescanned(T0, "w", reason, 0.1, 0)]) == []


def test_what_is_serious_is_marked() -> None:
    [line] = Lines().of([WorkDiscarded(T0, "w", "reset", 1, 20)])
    assert line.serious
    assert line.text == "git reset discarded uncommitted work: 20 lines in 1 file"


def test_a_hostile_name_stays_text() -> None:
    [line] = Lines().of([changed('<img src=x onerror="alert(1)">\n\x1b[31m\u202e.py')])
    text = templates.render("line.html", line)
    assert "<img" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;\\n" in text
