"""Documents of all kinds in the real editor: files are reported however they are shown, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vscode.conftest import Window
from tests.vscode.editor import another_window
from tests.vscode.hand import type_

MEBI = 1 << 20


def _made(window: Window, name: str, text: str = "one\ntwo\n") -> Path:
    path = window.editor.folder / name
    path.write_text(text)
    return path


def _reports_but_of(window: Window, *known: Path) -> list[str]:
    """The paths of all other reports, when all that was done before is reported."""
    window.editor.act("flush")
    paths = {str(path) for path in known}
    return [found["path"] for _, found in window.reports.records if found["path"] not in paths]


@pytest.fixture(autouse=True)
def forgotten(window: Window) -> None:
    """Nothing of the test before."""
    window.editor.act("flush")
    window.reports.records.clear()


def test_untitled_documents_are_not_reported(window: Window) -> None:
    file = _made(window, "beside.txt")
    window.editor.act("untitled")
    type_(window.editor, "notes")
    window.editor.until("text", "notes")
    window.editor.run("workbench.action.revertAndCloseActiveEditor")
    window.editor.act("open", path=str(file))
    type_(window.editor, "x")
    assert window.saved(file) == {"typed": (1, 0)}
    assert _reports_but_of(window, file) == []


def test_virtual_documents_are_not_reported_though_they_are_saved(window: Window) -> None:
    window.editor.act("openMemory", name="virtual.txt", text="before")
    type_(window.editor, "now ")
    window.editor.until("text", "now before")
    assert window.editor.act("save")
    window.editor.until("memory", "now before", name="virtual.txt")
    assert _reports_but_of(window) == []


def test_in_a_diff_the_file_is_reported_and_the_other_side_is_not(window: Window) -> None:
    file = _made(window, "diffed.txt", "new\n")
    window.editor.act("diff", path=str(file), text="old\n")
    window.editor.until("opened", file.as_uri())
    window.editor.act("select", places=[[0, 0, 0, 0]])
    type_(window.editor, "brand ")
    window.editor.until("text", "brand new\n")
    assert window.saved(file) == {"typed": (6, 0)}
    assert _reports_but_of(window, file) == []


def test_notebooks_are_not_reported(window: Window) -> None:
    path = _made(window, "one.notebook", "print()")
    window.editor.act("openNotebook", path=str(path))
    assert window.editor.act("editCell", text="again = ")
    assert window.editor.act("saveNotebook")
    assert path.read_text() == "again = print()"
    assert _reports_but_of(window) == []


def test_a_file_over_the_limit_has_its_counts_and_no_content(window: Window) -> None:
    line = "x" * 63 + "\n"
    for name, size, known in (("under.txt", 2 * MEBI - 64, True), ("over.txt", 2 * MEBI, False)):
        file = _made(window, name, line * (size // 64))
        window.editor.act("open", path=str(file))
        window.editor.act("select", places=[[0, 0, 0, 0]])
        type_(window.editor, "y")
        assert window.saved(file) == {"typed": (1, 0)}, name
        (report,) = window.reports.of("obsd.editor.saved", path=str(file))
        assert bool(report["content"]) == known, name


def test_two_windows_on_one_file_report_their_own_edits(window: Window, tmp_path: Path) -> None:
    file = _made(window, "shared.txt", "text\n")
    window.editor.act("open", path=str(file))
    with another_window(window.editor, tmp_path) as other:
        other.act("open", path=str(file))
        window.editor.act("select", places=[[0, 0, 0, 0]])
        type_(window.editor, "abc")
        assert window.saved(file) == {"typed": (3, 0)}
        other.until("text", "abctext\n")
        other.act("select", places=[[0, 0, 0, 0]])
        type_(other, "de")
        assert Window(other, window.reports).saved(file) == {"typed": (2, 0)}
        window.editor.until("text", "deabctext\n")
        type_(window.editor, "f")
        assert window.saved(file) == {"typed": (1, 0)}
    first, second, third = window.reports.of("obsd.editor.saved", path=str(file))
    assert [bool(one["reloaded"]) for one in (first, second, third)] == [False, True, True]
    assert first["id"].split(":")[0] == third["id"].split(":")[0] != second["id"].split(":")[0]
    assert all(_inserted(one) for one in (first, second, third))


def _inserted(report: dict[str, Any]) -> int:
    return sum(int(part["inserted"]) for part in json.loads(report["changes"]))
