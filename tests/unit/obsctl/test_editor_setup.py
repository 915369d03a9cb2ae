"""The extension in editors: installed by their own command line, made exact beside what is there, and taken away."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from obsctl import agent_setup, editor_setup, jsonc
from obsctl.call import Call
from obsctl.commands import agents
from obsd.errors import InvalidRequest, Unavailable

COMMENTED = """// This configuration file allows you to pass permanent command line arguments to VS Code.
{
	// Use software rendering instead of hardware accelerated rendering.
	// "disable-hardware-acceleration": true,
	"enable-crash-reporter": true,
	// Unique id
	"crash-reporter-id": "7"
}
"""
OTHERS = '{"enable-proposed-api": ["a.b"] /* mine */}'
CODE = editor_setup.EDITORS[0]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home with an editor that notes how it is called."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "code"
    program.write_text(
        f'#!/bin/sh\necho "$@" >>{tmp_path}/calls\n[ ! -e {tmp_path}/broken ] || {{ echo no >&2; exit 3; }}\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    (tmp_path / "obsd-vscode-9.vsix").write_bytes(b"PK")
    return tmp_path


class Said:
    """What a verb said."""

    def __init__(self, home: Path, *, json_wanted: bool = False, **args: Any) -> None:
        words = {"action": "setup", "name": "vscode", "write": False, "undo": False, "no_color": True}
        self.args = SimpleNamespace(**{**words, "vsix": str(home / "obsd-vscode-9.vsix"), **args})
        self.json = json_wanted
        self.lines: list[str] = []
        self.documents: list[dict[str, Any]] = []
        assert agents.run(cast(Call, self)) == 0

    def say(self, line: str) -> None:
        self.lines.append(line)

    note = say

    def document(self, kind: str, **words: Any) -> None:
        self.documents.append({"kind": kind, **words})


def calls(home: Path) -> list[str]:
    file = home / "calls"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize("before", [None, COMMENTED, OTHERS], ids=["none", "commented", "others"])
def test_written_and_undone(home: Path, before: str | None) -> None:
    file = home / CODE.arguments
    if before is not None:
        file.parent.mkdir()
        file.write_text(before)
    Said(home, write=True)
    Said(home, write=True)
    text = file.read_text()
    others = ["a.b"] if before == OTHERS else []
    assert jsonc.load(text)[editor_setup.SETTING] == [*others, editor_setup.EXTENSION]
    assert before != COMMENTED or all(line in text for line in COMMENTED.splitlines() if "//" in line)
    assert calls(home) == [f"--install-extension {home}/obsd-vscode-9.vsix --force"] * 2
    Said(home, undo=True)
    assert (file.read_text() if file.exists() else None) == before
    assert calls(home)[-1] == f"--uninstall-extension {editor_setup.EXTENSION}"


def test_what_was_added_since_stays(home: Path) -> None:
    file = home / CODE.arguments
    file.parent.mkdir()
    file.write_text(OTHERS)
    Said(home, write=True)
    file.write_text(jsonc.put(file.read_text(), (editor_setup.SETTING,), ["a.b", editor_setup.EXTENSION, "c.d"]))
    Said(home, undo=True)
    assert jsonc.load(file.read_text()) == {editor_setup.SETTING: ["a.b", "c.d"]}
    assert "/* mine */" in file.read_text()


def test_only_shown_without_write(home: Path) -> None:
    lines = Said(home).lines
    assert lines[0] == f"code --install-extension {home}/obsd-vscode-9.vsix --force"
    assert f'"{editor_setup.SETTING}"' in lines[1]
    assert str(home / CODE.arguments) in lines[1]
    assert (calls(home), (home / CODE.arguments).exists()) == ([], False)


def test_as_json(home: Path) -> None:
    (found,) = Said(home, json_wanted=True, write=True).documents
    assert (found["kind"], found["agent"], found["changed"]) == ("agents-setup", "vscode", True)
    assert json.loads(found["setting"]) == {editor_setup.SETTING: [editor_setup.EXTENSION]}


def test_an_editor_that_fails_is_an_error_and_nothing_is_written(home: Path) -> None:
    (home / "broken").touch()
    with pytest.raises(Unavailable, match="no"):
        Said(home, write=True)
    assert not (home / CODE.arguments).exists()


def test_without_an_editor_or_the_extension(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidRequest, match="is no file"):
        Said(home, vsix=str(home / "missing.vsix"))
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(InvalidRequest, match="no editor"):
        Said(home)


def test_a_setting_that_is_no_list_is_replaced_and_comes_back(home: Path) -> None:
    file = home / CODE.arguments
    file.parent.mkdir()
    file.write_text('{"enable-proposed-api": true}')
    setting = editor_setup.recipe(CODE)
    assert setting is not None
    assert agent_setup.write(setting, home)
    assert agent_setup.is_on(setting, home)
    assert agent_setup.undo(setting, home)
    assert file.read_text() == '{"enable-proposed-api": true}'


def test_code_server_needs_no_setting() -> None:
    assert editor_setup.recipe(editor_setup.EDITORS[-1]) is None
