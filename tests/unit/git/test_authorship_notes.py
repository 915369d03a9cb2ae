"""Notes of other tools on who wrote the lines of commits: their formats, and where git keeps them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from obsd.agents import names
from obsd.agents.table import AgentTable
from obsd.git import authorship_notes, layout
from obsd.git.authorship_notes import GIT_AI, QWEN_CODE, Claim, git_ai, qwen_code, read_notes
from tests.support import Repository

CLAUDE = {"agent_id": {"tool": "claude", "id": "c-1", "model": "m"}, "human_author": "Ada <ada@example.com>"}
CURSOR = {"agent_id": {"tool": "cursor", "id": "c-2", "model": "m"}, "total_additions": 3}


def log(attested: str, **about: Any) -> str:
    """An authorship log."""
    common = {"schema_version": "authorship/3.0.0", "base_commit_sha": "a" * 40, "prompts": {}}
    return f"{attested}---\n{json.dumps(common | about, indent=2)}\n"


def test_all_three_kinds_of_keys_of_a_log_are_understood() -> None:
    note = log(
        "src/main.rs\n  s_0123456789abcd::t_1 1-10,15\n  h_31dce776f88375 20-21\n"
        '"my file.rs"\n  abcd1234abcd1234 3\n  s_nobody::t_1 4\n',
        sessions={"s_0123456789abcd": CLAUDE},
        prompts={"abcd1234abcd1234": CURSOR},
        humans={"h_31dce776f88375": {"author": "Ada <ada@example.com>"}},
    )
    assert git_ai(note) == [
        Claim("src/main.rs", 1, 10, "claude", "c-1"),
        Claim("src/main.rs", 15, 15, "claude", "c-1"),
        Claim("src/main.rs", 20, 21, ""),
        Claim("my file.rs", 3, 3, "cursor", "c-2"),
    ]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "---\n",
        "no log at all",
        "a\n  s_1::t_1 1\n---\n[]",
        "a\n  s_1::t_1 1\n---\n" + "[" * 100_000,
        'a\n  s_1::t_1 1\n---\n{"schema_version": "another/1"}',
        log("a\n  s_1::t_1 0,5-3,-4,1-2-3,x,99999999999999999999999999\n", sessions={"s_1": CLAUDE}),
        log("  s_1::t_1 1\n", sessions={"s_1": CLAUDE}),
        log("a\n  s_1::t_1 1\n", sessions=[]),
        log("a\n  s_1::t_1 1\n", sessions={"s_1": {"agent_id": {"tool": 7}}}),
        log("a\n  s_1::t_1 1\n", sessions={"s_1": {"agent_id": "claude"}}),
    ],
)
def test_what_is_no_log_claims_nothing(note: str) -> None:
    assert git_ai(note) == []


def test_a_log_of_endless_ranges_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorship_notes, "_MAX_RANGES", 3)
    note = log("a\n  s_1::t_1 1,3,5,7,9\n  s_1::t_1 11\n", sessions={"s_1": CLAUDE})
    assert [claim.first for claim in git_ai(note)] == [1, 3, 5]


def test_qwen_code_claims_files_that_are_its_own_altogether() -> None:
    files = {
        "own.ts": {"aiChars": 10, "humanChars": 0, "percent": 100},
        "mixed.ts": {"aiChars": 199, "humanChars": 1, "percent": 100},
        "a person's.ts": {"aiChars": 0, "humanChars": 5, "percent": 0},
        "odd.ts": "all",
    }
    note = {"version": 1, "generator": "Qwen-Coder", "files": files}
    assert qwen_code(json.dumps(note)) == [Claim("own.ts", 1, 0, "qwen-code")]
    others: list[dict[str, Any]] = [{"generator": "another tool"}, {"version": 2}, {"files": []}]
    for other in others:
        assert qwen_code(json.dumps(note | other)) == []
    assert qwen_code('{"ai_lines":85,"human_lines":12,"ai_files":["a"]}') == []


def add(repository: Repository, ref: str, commit: str, text: str) -> None:
    repository.git("notes", f"--ref={ref}", "add", "-f", "-m", text, commit)


def test_notes_are_found_however_git_divides_their_folders(repository: Repository) -> None:
    commits = []
    for number in range(300):
        repository.write("a", f"{number}\n")
        commits.append(repository.commit(f"feat: {number}"))
        add(repository, GIT_AI, commits[-1], log(f"a\n  s_1::t_1 {number + 1}\n", sessions={"s_1": CLAUDE}))
    assert "/" in repository.git("ls-tree", "-r", "--name-only", GIT_AI).splitlines()[0]
    where = layout.find(str(repository.path))
    assert where is not None
    found = read_notes(where, commits)
    assert found.kept
    assert found.claims == {
        commit: (Claim("a", number + 1, number + 1, "claude", "c-1"),) for number, commit in enumerate(commits)
    }


def test_a_repository_without_notes_and_a_commit_without_one(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write("a", "1\n")
    first = repository.commit("feat: one")
    where = layout.find(str(repository.path))
    assert where is not None
    assert read_notes(where, [first]) == authorship_notes.Notes(kept=False)
    repository.write("a", "2\n")
    second = repository.commit("feat: two")
    add(repository, QWEN_CODE, second, "of another tool")
    assert read_notes(where, [first, second]) == authorship_notes.Notes(kept=True, claims={second: ()})
    monkeypatch.setattr(authorship_notes, "MAX_NOTE_BYTES", 10)
    assert read_notes(where, [second]) == authorship_notes.Notes(kept=True)


@pytest.mark.parametrize(
    ("tool", "agent"),
    [("claude", "claude-code"), ("Qwen-Coder", "qwen-code"), ("cursor", "cursor"), ("New\nTool", "new-tool")],
)
def test_a_tool_is_the_agent_of_that_name(tool: str, agent: str) -> None:
    assert names.of_tool(AgentTable.build(), tool) == agent
