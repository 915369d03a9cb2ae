"""The settings of agents: written beside what is there, taken back byte for byte."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsctl import agent_setup, jsonc
from obsctl.agent_recipes import recipes
from obsd.errors import InvalidRequest

COMMENTED = """// mine
{
  "editor.fontSize": 12, // big
  /* "old": 1, */
  "env": {
    "PATH": "/x, }",
    "OTEL_METRICS_EXPORTER": "console",
  },
  "list": [1, {"a": "]"}],
}
"""


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))


@pytest.mark.parametrize("agent", sorted(recipes()))
@pytest.mark.parametrize("before", [None, "", COMMENTED], ids=["none", "empty", "commented"])
def test_written_and_undone(tmp_path: Path, agent: str, before: str | None) -> None:
    recipe = recipes()[agent]
    file = tmp_path / recipe.file
    if before is not None:
        before = before if recipe.form == "json" else "model = 'x'\n# a comment without an end"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(before)
        file.chmod(0o640)
    assert agent_setup.write(recipe, tmp_path)
    assert agent_setup.is_on(recipe, tmp_path)
    assert not agent_setup.write(recipe, tmp_path), "twice is once"
    if before:
        assert file.stat().st_mode & 0o777 == 0o640
        assert "comment" in file.read_text() or "// mine" in file.read_text()
    assert agent_setup.undo(recipe, tmp_path)
    assert (file.read_text() if file.exists() else None) == before
    assert not agent_setup.undo(recipe, tmp_path)


@pytest.mark.parametrize("agent", sorted(recipes()))
def test_what_was_changed_since_stays(tmp_path: Path, agent: str) -> None:
    recipe = recipes()[agent]
    file = tmp_path / recipe.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(COMMENTED if recipe.form == "json" else "a = 1\n")
    agent_setup.write(recipe, tmp_path)
    if recipe.form == "json":
        file.write_text(jsonc.put(file.read_text(), ("mine",), "later"))
    else:
        file.write_text(file.read_text() + "b = 2\n")
    assert agent_setup.undo(recipe, tmp_path)
    assert not agent_setup.is_on(recipe, tmp_path)
    text = file.read_text()
    if recipe.form == "json":
        assert jsonc.load(text) == {**jsonc.load(COMMENTED), "mine": "later"}
        assert "// big" in text
    else:
        assert text == "a = 1\nb = 2\n"


def test_prompts_are_off_in_all_that_is_written() -> None:
    shown = {agent: agent_setup.shown(recipe) for agent, recipe in recipes().items()}
    assert '"OTEL_LOG_USER_PROMPTS": "0"' in shown["claude-code"]
    assert "log_user_prompt = false" in shown["codex"]
    assert '"logPrompts": false' in shown["gemini-cli"]
    assert "COPILOT_OTEL_CAPTURE_CONTENT=false" in shown["copilot-cli"]
    assert '"github.copilot.chat.otel.captureContent": false' in shown["copilot-vscode"]


@pytest.mark.parametrize("broken", ["{", '{"a": }', "[1]", '"x', "{'a': 1}"])
def test_a_broken_file_is_left_as_it_is(tmp_path: Path, broken: str) -> None:
    recipe = recipes()["gemini-cli"]
    file = tmp_path / recipe.file
    file.parent.mkdir(parents=True)
    file.write_text(broken)
    with pytest.raises(InvalidRequest):
        agent_setup.write(recipe, tmp_path)
    assert file.read_text() == broken


def test_a_table_of_the_user_is_not_doubled(tmp_path: Path) -> None:
    recipe = recipes()["codex"]
    file = tmp_path / recipe.file
    file.parent.mkdir(parents=True)
    file.write_text("[otel]\nenvironment = 'x'\n")
    with pytest.raises(InvalidRequest, match="of its own"):
        agent_setup.write(recipe, tmp_path)


def test_a_link_is_followed(tmp_path: Path) -> None:
    recipe = recipes()["claude-code"]
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles/claude.json").write_text("{}\n")
    (tmp_path / ".claude").mkdir()
    (tmp_path / recipe.file).symlink_to("../dotfiles/claude.json")
    agent_setup.write(recipe, tmp_path)
    assert (tmp_path / recipe.file).is_symlink()
    assert json.loads((tmp_path / "dotfiles/claude.json").read_text())["env"]


KEYS = st.text('ab"\\/*{},', min_size=1, max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def merged(whole: Any, path: list[str], value: Any) -> Any:
    """What `put` has to come to."""
    inner = dict(whole) if isinstance(whole, dict) else {}
    inner[path[0]] = value if len(path) == 1 else merged(inner.get(path[0]), path[1:], value)
    return inner


@given(whole=OBJECTS, path=st.lists(KEYS, min_size=1, max_size=3), value=VALUES, indent=st.sampled_from([None, 2]))
def test_any_object_is_edited_as_it_would_be_merged(
    whole: Any, path: list[str], value: Any, indent: int | None
) -> None:
    text = json.dumps(whole, indent=indent)
    edited = jsonc.put(text, path, value)
    assert jsonc.load(edited) == merged(whole, path, value)
    parent = jsonc.get(whole, path[:-1])
    if isinstance(parent, dict) and path[-1] not in parent:
        assert jsonc.load(jsonc.drop(edited, path)) == whole
