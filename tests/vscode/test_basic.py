"""The extension in the real editor without the proposal: what it cannot know is unknown, to the character."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vscode.conftest import Window
from tests.vscode.hand import accept, type_

TEXT = "first line\nsecond line\n"


@pytest.fixture
def file(basic_window: Window, request: pytest.FixtureRequest) -> Path:
    made = basic_window.editor.folder / f"{request.node.name[:60]}.txt"
    made.write_text(TEXT)
    basic_window.editor.act("open", path=str(made))
    basic_window.editor.act("select", places=[[0, 0, 0, 0]])
    return made


def _report(window: Window, file: Path) -> dict[str, Any]:
    (report,) = window.reports.of("obsd.editor.saved", path=str(file))
    return report


def test_typed_pasted_and_accepted_are_all_unknown(basic_window: Window, file: Path) -> None:
    editor = basic_window.editor
    editor.act("select", places=[[1, 0, 1, 0]])
    type_(editor, "añ😀")
    editor.run("paste", {"text": "p1\np2", "pasteOnNewLine": False})
    accept(editor, "suggested\n")
    assert basic_window.saved(file) == {"unknown": (4 + 5 + 10, 0)}
    report = _report(basic_window, file)
    assert (report["how"], report["whole"]) == ("basic", True)
    editor.act("flush")
    assert basic_window.reports.of("obsd.editor.suggestion", path=str(file)) == []


def test_undo_and_redo_are_known(basic_window: Window, file: Path) -> None:
    editor = basic_window.editor
    editor.act("edit", line=0, character=0, text="seven!\n")
    editor.run("undo")
    editor.until("text", TEXT)
    editor.run("redo")
    editor.until("text", "seven!\n" + TEXT)
    assert basic_window.saved(file) == {"unknown": (7, 0), "undone": (0, 7), "redone": (7, 0)}


def test_several_cursors_and_formatting_on_save_are_counted(basic_window: Window, file: Path) -> None:
    editor = basic_window.editor
    editor.act("setting", name="editor.formatOnSave", value=True)
    try:
        editor.act("open", path=str(file))
        editor.act("select", places=[[0, 0, 0, 0], [1, 0, 1, 3]])
        type_(editor, "xy")
        assert basic_window.saved(file) == {"unknown": (4 + 10, 3)}
    finally:
        editor.act("setting", name="editor.formatOnSave", value=False)


def test_the_editors_statistics_are_not_on_this_side(basic_window: Window, file: Path) -> None:
    basic_window.editor.act("setting", name="editor.aiStats.enabled", value=True)
    accept(basic_window.editor, "more\n")
    assert basic_window.saved(file) == {"unknown": (5, 0)}
    assert "obsd.editor.stats" not in repr(basic_window.reports.metrics)
    assert basic_window.reports.of("obsd.editor.suggestion", how="stats") == []
