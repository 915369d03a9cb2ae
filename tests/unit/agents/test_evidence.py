"""Who made a commit: the table's own cases, and trailers against git."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from obsd.agents import trailers
from obsd.agents.evidence import by_contents, by_environment, by_message
from obsd.agents.table import AgentTable
from obsd.config_sections import AgentConfig

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "data" / "agents-cases.json").read_text(encoding="utf-8")
)
TABLE = AgentTable.build()


def who(table: AgentTable, marks: Mapping[str, str], message: str, name: str, email: str) -> tuple[str, str]:
    """The agent by the environment, else by what is in the commit."""
    agent = by_environment(table, marks)
    return (agent, "environment") if agent else by_contents(table, message, name, email)


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_the_tables_own_cases(case: dict[str, Any]) -> None:
    name, email = case["author"]
    marks = TABLE.keep_marks(case["env"])
    assert who(TABLE, marks, case["message"], name, email) == (case["agent"], case["evidence"])


@pytest.mark.parametrize(
    ("marks", "agent"),
    [
        ({"AGENT": "amp"}, "amp"),
        ({"AGENT": "crush"}, "crush"),
        ({"AGENT": "smith"}, "unknown"),
        ({"CLAUDECODE": ""}, "unknown"),
        ({"CURSOR_EXTENSION_HOST_ROLE": "agent-exec"}, "cursor"),
        ({"CURSOR_EXTENSION_HOST_ROLE": "worker"}, "unknown"),
        ({"AI_AGENT": "claude", "CODEX_THREAD_ID": "t"}, "claude-code"),
        ({"AI_AGENT": "mine", "CODEX_THREAD_ID": "t", "CODEX_CI": "1"}, "codex"),
        ({"CLAUDECODEX": "1", "PATH": "/bin"}, "unknown"),
        ({"AI_AGENT": "x" * 100}, "x" * 40),
    ],
)
def test_environment(marks: dict[str, str], agent: str) -> None:
    evidence = "none" if agent == "unknown" else "environment"
    assert who(TABLE, TABLE.keep_marks(marks), "x", "Ann", "ann@example.org") == (agent, evidence)


@pytest.mark.parametrize(
    ("message", "agent"),
    [
        (
            "x\n\nGenerated with [Claude Code](https://claude.ai/code)\n\nCo-Authored-By: Bo <b@x>",
            "claude-code",
        ),
        ("x\n\n🤖 Generated with [opencode](https://opencode.ai)\n", "opencode"),
        ("x\n\nWe drop the line Generated with [Claude Code] from messages.", ""),
        ("Generated with [Claude Code]", ""),
        ("x\n\nCo-authored-by: A <noreply@anthropic.com>\nCo-authored-by: B <cursoragent@cursor.com>", ""),
        (
            "x\n\nCo-authored-by: devin <158243242+devin-ai-integration[bot]@users.noreply.github.com>",
            "devin",
        ),
        ("x\n\nAmp-Thread-ID: T-1\nCo-authored-by: Amp <amp@ampcode.com>", "amp"),
        ("x\n\nAssisted-by: Crush:model", "crush"),
        ("x\n\nAssisted-by: NewOne:model", "newone"),
        ("x\n\nAssisted-by: Jane Doe <jane@example.org>", ""),
        ("x\n\nCo-authored-by: noreply@anthropic.com", ""),
        ("x\n\nText.\nCo-authored-by: A <noreply@anthropic.com>\nmore text\nand more", ""),
    ],
)
def test_messages(message: str, agent: str) -> None:
    assert by_message(TABLE, message) == agent


def test_own_agents_come_on_top() -> None:
    mine = AgentConfig(id="house", env=(("HOUSE", None),), emails=("*@house.example",), processes=("housed",))
    table = AgentTable.build([mine, AgentConfig(id="amp", env=(("AMP2", None),))])
    assert who(table, table.keep_marks({"HOUSE": "1"}), "x", "A", "a@b") == ("house", "environment")
    assert who(table, {}, "x", "A", "bot@house.example") == ("house", "author")
    assert who(table, table.keep_marks({"AGENT": "amp"}), "x", "A", "a@b") == ("unknown", "none")
    assert "HOUSE" in table.mark_values()


def test_an_own_agents_address_needs_a_name_only_when_names_are_given() -> None:
    mine = AgentConfig(id="house", emails=("*@house.example",), names=("^House Bot( |$)",))
    table = AgentTable.build([mine])
    assert who(table, {}, "x", "House Bot 2", "b@house.example") == ("house", "author")
    assert who(table, {}, "x", "Ann", "ann@house.example") == ("unknown", "none")
    assert by_message(table, "x\n\nCo-authored-by: Ann <b@house.example>") == ""


LINES = st.sampled_from(
    [
        "", "", " ", "text", "Key: value", "key : value", "Key:value", "Co-authored-by: A <a@b>", "a b: c", "-: x",
        "Signed-off-by: A <a@b>", "(cherry picked from commit 123)", "# comment", "#", " folded", "\tfolded", ": x",
        "---", "--- a/file", "----", "Conflicts:", "\tfile.txt", "Fixes #12", "https://example.org", "Ké: x", "x:",
        "# ------------------------ >8 ------------------------", "not a trailer", "Reviewed-by:   B   ", "\x0b", "\r",
    ]
)  # fmt: skip
PARAGRAPHS = st.sampled_from(
    ["text", "Not a trailer: at\nall", "Key: value", "Made-with: Cursor", "Key: a\n folded", " Key: v", "text\nKey: v"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PARAGRAPHS, max_size=6), st.integers(1, 3))
def test_all_blocks_of_trailers_at_the_end_are_read(paragraphs: list[str], blanks: int) -> None:
    """Model: from the end upwards, each paragraph that alone is nothing but trailers; the first that is not ends it."""
    gap = "\n" * (blanks + 1)
    expected: list[tuple[str, str]] = []
    for paragraph in reversed(paragraphs):
        own = trailers.parse(f"subject\n\n{paragraph}\n")
        if not own or len(own) != sum(not line.startswith(" ") for line in paragraph.split("\n")):
            break
        expected[:0] = own
    found = trailers.blocks(gap.join(["Subject: like a trailer", *paragraphs]) + "\n")
    assert list(found.pairs) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=12))
def test_gits_trailers_are_the_last_of_the_blocks(lines: list[str]) -> None:
    message = "\n".join(lines)
    own = trailers.parse(message)
    pairs = list(trailers.blocks(message).pairs)
    assert pairs[len(pairs) - len(own) :] == own
    assert bool(pairs) == bool(own)


@pytest.mark.parametrize("part", ["a via ", "[a", "<", "Generated with x ", "x\n\n", "Key: v\n\n", "! "])
def test_a_message_of_any_size_is_read(part: str) -> None:
    # With a quadratic pattern this would not end within the test's limit of time.
    end = "\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    assert by_message(TABLE, f"x\n\nAssisted-by: Ann {part * 30_000}{end}") == "claude-code"


def test_no_value_leaves_that_the_table_does_not_ask_for() -> None:
    marks = TABLE.keep_marks({"CLAUDECODE": "secret", "AGENT": "secret", "AI_AGENT": "name", "HOME": "/root"})
    assert marks == {"CLAUDECODE": "1", "AI_AGENT": "name"}


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["", "\n"]))
@example(["subject", "", "Key: value"], "")
@example(["subject", "", "text", "Signed-off-by: A <a@b>", "Key: v"], "\n")
def test_trailers_are_those_of_git(lines: list[str], end: str) -> None:
    message = "\n".join(lines) + end
    output = subprocess.run(
        ["git", "-c", "core.commentChar=#", "interpret-trailers", "--parse", "--no-divider"],
        input=message.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    expected = output.split("\n")[:-1]
    assert [f"{key}: {value}" for key, value in trailers.parse(message)] == expected
