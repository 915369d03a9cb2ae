"""Who wrote, as `obsctl top`, `sessions` and `session` show it."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from obsctl import recent_facts, top_screen
from obsctl.commands import sessions
from obsctl.fact_lines import line, who_wrote
from obsctl.fitted_table import fitted
from obsctl.top_screen import Choice
from obsd import rpc_encoding
from obsd.v1 import activity_pb2, report_pb2


def saved(change: int, path: str = "a.py", lines: int = 1, operation: str = "modified") -> dict[str, Any]:
    return {
        "kind": "FileChanged",
        "workspace": "w",
        "change": change,
        "path": path,
        "operation": operation,
        "lines_added": lines,
        "lines_removed": 0,
        "previous_path": "",
        **dict.fromkeys(("agent", "evidence", "session", "program")),
    }


def attributed(change: int, agent: str = "codex", path: str = "a.py") -> dict[str, Any]:
    return {
        "kind": "ChangeAttributed",
        "workspace": "w",
        "change": change,
        "path": path,
        "agent": agent,
        "evidence": "writer",
        "session": "s1",
        "program": "sed",
        "late": False,
    }


def test_a_change_has_its_author_as_soon_as_it_is_known() -> None:
    facts = recent_facts.with_authors([saved(2), attributed(1), saved(1)])
    assert [(fact["kind"], fact["change"], fact["agent"]) for fact in facts] == [
        ("FileChanged", 2, None),
        ("ChangeAttributed", 1, "codex"),
        ("FileChanged", 1, "codex"),
    ]
    assert (facts[2]["session"], facts[2]["program"]) == ("s1", "sed")


def test_an_author_that_was_corrected_is_the_last_one() -> None:
    assert recent_facts.with_authors([attributed(1), attributed(1, "unknown"), saved(1)])[2]["agent"] == "codex"


def test_saves_in_a_row_are_one_line_with_their_sum() -> None:
    newest_first = [attributed(3), saved(3), attributed(2), saved(2, lines=4), attributed(1), saved(1)]
    [row] = recent_facts.folded(newest_first)
    assert line(row, 0.0).endswith("modified a.py 3 times (+6 -0, by codex (writer))")


def test_saves_by_others_of_other_files_and_with_something_between_stay_apart() -> None:
    for between in (saved(2, "b.py"), saved(2, operation="created"), {"kind": "SessionStarted", "workspace": "w"}):
        assert len(recent_facts.folded([saved(3), between, saved(1)])) == 3
    assert len(recent_facts.folded([attributed(2, "person"), saved(2), attributed(1), saved(1)])) == 2


def test_an_author_whose_change_is_not_among_the_last_keeps_its_line() -> None:
    assert recent_facts.folded([attributed(1)]) == [attributed(1)]


def share(author: str, changes: int) -> activity_pb2.AuthorShare:
    return activity_pb2.AuthorShare(author=author, changes=changes, lines_added=9 * changes)


def test_top_tells_authors_from_who_is_only_there() -> None:
    one = report_pb2.WorkspaceActivity(
        name="w", state="watching", changes=[5], agents=["codex", "droid"], present=["codex", "droid"]
    )
    one.authors.extend([share("codex", 4), share("person", 1)])
    recent = report_pb2.RecentActivity(at=rpc_encoding.timestamp(1e9), beat_seconds=5, workspaces=[one])
    [row] = top_screen.rows(recent, Choice())
    assert row[top_screen.HEADINGS.index("AUTHORS")] == "codex 80%, person 20%, present: droid"


@pytest.mark.parametrize("width", [80, 120])
def test_top_keeps_the_authors_on_a_narrow_screen(width: int) -> None:
    one = report_pb2.WorkspaceActivity(name="shop/a-worktree-with-a-long-name", state="watching", changes=[5] * 60)
    one.authors.extend([share("copilot-vscode", 4), share("claude-code", 3), share("person", 2), share("unknown", 1)])
    recent = report_pb2.RecentActivity(at=rpc_encoding.timestamp(1e9), beat_seconds=5, workspaces=[one])
    console = Console(file=io.StringIO(), width=width)
    console.print(top_screen.screen(recent, Choice(), width, 20))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= width
    assert any("copilot-vscode 40%" in text for text in lines)


def test_a_session_names_its_authors_with_evidence_and_who_was_only_present() -> None:
    session = activity_pb2.Session(
        id="1", agents=[activity_pb2.AgentEvidence(agent="codex", evidence="writer")], present=["codex", "droid"]
    )
    session.authors.extend([share("codex", 3), share("unknown", 1)])
    assert sessions.authors(session) == "codex (writer) 75%, unknown 25%, present: droid"


def test_a_session_of_nobody_known_says_how_likely_it_was_an_agents() -> None:
    session = activity_pb2.Session(id="1", agent_likelihood=0.8, present=["droid"])
    session.authors.append(share("unknown", 4))
    assert sessions.authors(session) == "unknown (agent: 80% likely), present: droid"


def test_saves_in_a_row_by_one_author_are_told_once() -> None:
    assert who_wrote(attributed(1)) == who_wrote(attributed(2))
    assert who_wrote(attributed(1)) != who_wrote(attributed(2, "person"))
    assert who_wrote(attributed(1)) != who_wrote(attributed(2, path="b.py"))
    assert who_wrote(saved(1)) is None


@pytest.mark.parametrize("width", [80, 120])
def test_a_table_of_long_names_fits_a_terminal(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns go before names are cut to pieces, and the authors stay."""
    session = activity_pb2.Session(
        id="12", workspace="shop/a-worktree-with-a-long-name", changes=1234, files=56, lines_added=12_345, commits=3
    )
    session.agents.append(activity_pb2.AgentEvidence(agent="copilot-vscode", evidence="environment"))
    session.authors.extend([share("copilot-vscode", 800), share("person", 300), share("unknown", 34)])
    cells = [str(cell) for cell in sessions.row(session)]
    Console(width=width, no_color=True, highlight=False).print(fitted(sessions.COLUMNS, [cells], width))
    plain = re.sub(r"\x1b\[\d+m", "", capsys.readouterr().out)
    lines = [text.rstrip() for text in plain.splitlines()]
    assert max(map(len, lines)) <= width
    assert "AUTHORS" in lines[0]
    assert any("copilot-vscode" in text for text in lines), "no name is folded"
    assert ("COMMITS" in lines[0]) == (width == 120)
