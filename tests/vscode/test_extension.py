"""The extension in the real editor: every count equals what was done, to the character."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from obsd.git import line_diff
from tests.vscode.conftest import Window
from tests.vscode.editor import PATIENCE_SECONDS
from tests.vscode.hand import suggest, type_

PROVIDER = "obsd-test.driver"
TEXT = "first line\nsecond line\nthird line\n"


@pytest.fixture
def file(window: Window, request: pytest.FixtureRequest) -> Path:
    """A file of three lines that is open in the editor."""
    return _open(window, request.node.name)


def _open(window: Window, name: str) -> Path:
    made = window.editor.folder / f"{name[:60]}.txt"
    made.write_text(TEXT)
    window.editor.act("open", path=str(made))
    window.editor.act("select", places=[[0, 0, 0, 0]])
    window.editor.act("fates")
    return made


def _suggestions(window: Window, file: Path) -> list[tuple[str, int, int, int]]:
    window.editor.act("flush")
    return [
        (one["outcome"], one["count"], one["characters"], one["lines"])
        for one in window.reports.of("obsd.editor.suggestion", path=str(file), provider=PROVIDER)
    ]


def test_typing_is_typed_and_the_save_has_gits_id(window: Window, file: Path) -> None:
    type_(window.editor, "añ😀")
    assert window.saved(file) == {"typed": (4, 0)}
    (report,) = window.reports.of("obsd.editor.saved", path=str(file))
    assert (report["how"], report["whole"]) == ("exact", True)
    assert report["content"] == line_diff.content_id(file.read_bytes()).hex()


@pytest.mark.parametrize(
    ("name", "command", "argument", "place", "expected"),
    [
        ("paste", "paste", {"text": "p1\np2", "pasteOnNewLine": False}, [0, 0, 0, 0], {"pasted": (5, 0)}),
        ("cut", "cut", None, [0, 0, 0, 5], {"typed": (0, 5)}),
        ("delete", "deleteLeft", None, [1, 0, 1, 0], {"command": (0, 1)}),
        ("move", "editor.action.moveLinesDownAction", None, [0, 0, 0, 0], {"command": (12, 12)}),
        ("upper", "editor.action.transformToUppercase", None, [0, 0, 0, 5], {"command": (5, 5)}),
        ("format", "editor.action.formatDocument", None, [0, 0, 0, 0], {"formatted": (10, 0)}),
    ],
)
def test_commands(
    window: Window, file: Path, name: str, command: str, argument: Any, place: list[int], expected: dict[str, Any]
) -> None:
    window.editor.act("select", places=[place])
    window.editor.run(command, *([argument] if argument else []))
    assert window.saved(file) == expected


def test_several_cursors(window: Window, file: Path) -> None:
    window.editor.act("select", places=[[0, 0, 0, 0], [1, 0, 1, 3], [2, 0, 2, 0]])
    type_(window.editor, "xy")
    assert window.saved(file) == {"typed": (6, 3)}


def test_find_and_replace(window: Window, file: Path) -> None:
    window.editor.run("editor.actions.findWithArgs", {"searchString": "line", "replaceString": "row"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while "line" in window.editor.act("text"):
        assert time.monotonic() < deadline, "nothing was replaced"
        window.editor.run("editor.action.replaceAll")
        time.sleep(0.05)
    assert window.saved(file) == {"command": (9, 12)}
    window.editor.run("closeFindWidget")


def test_another_extension_edits(window: Window, file: Path) -> None:
    window.editor.act("edit", line=0, character=0, text="seven!\n")
    window.editor.act("applyEdit", path=str(file), line=0, character=0, text="four")
    assert window.saved(file) == {"extension": (7, 0), "unknown": (4, 0)}


def test_formatting_on_save_is_told_apart(window: Window, file: Path) -> None:
    window.editor.act("setting", name="editor.formatOnSave", value=True)
    try:
        window.editor.act("open", path=str(file))
        type_(window.editor, "q")
        assert window.saved(file) == {"typed": (1, 0), "formatted": (10, 0)}
    finally:
        window.editor.act("setting", name="editor.formatOnSave", value=False)


def test_a_suggestion_is_accepted_and_undone(window: Window, file: Path) -> None:
    suggest(window.editor, "suggested\nlines\n")
    window.editor.run("editor.action.inlineSuggest.commit")
    window.editor.act("suggest")
    window.editor.until("text", "suggested\nlines\n" + TEXT)
    assert window.saved(file) == {"accepted": (16, 0)}
    window.editor.run("undo")
    window.editor.until("text", TEXT)
    assert window.saved(file) == {"undone": (0, 16)}
    assert _suggestions(window, file) == [("accepted", 1, 16, 2), ("undone", 1, 16, 2)]


def test_one_that_is_undone_before_the_save_is_no_part_of_it(window: Window, file: Path) -> None:
    type_(window.editor, "xyz")
    suggest(window.editor, "suggested", line=1)
    window.editor.run("editor.action.inlineSuggest.commit")
    window.editor.act("suggest")
    window.editor.until("text", "xyz" + TEXT.replace("second", "suggestedsecond"))
    window.editor.run("undo")
    window.editor.until("text", "xyz" + TEXT)
    assert window.saved(file) == {"typed": (3, 0)}


def test_one_that_is_taken_word_by_word_is_accepted_once(window: Window, file: Path) -> None:
    suggest(window.editor, "one two three ")
    window.editor.run("editor.action.inlineSuggest.acceptNextWord")
    window.editor.until("text", "one" + TEXT)
    window.editor.run("editor.action.inlineSuggest.hide")
    window.editor.act("suggest")
    assert window.saved(file) == {"accepted": (3, 0)}
    assert [one[:2] for one in _suggestions(window, file)] == [("accepted", 1)]


def test_one_that_is_rejected_leaves_nothing_and_its_provider_may_say_so(window: Window, file: Path) -> None:
    suggest(window.editor, "nobody wants this")
    window.editor.run("editor.action.inlineSuggest.hide")
    window.editor.act("suggest")
    assert window.editor.act("text") == TEXT
    assert _suggestions(window, file) == []
    window.editor.act("declare", provider=PROVIDER, outcome="rejected", characters=17, lines=0)
    window.editor.act("flush")
    assert window.reports.of("obsd.editor.suggestion", outcome="rejected", provider=PROVIDER, characters=17)


def test_what_came_from_the_disk_is_nobodys_edit(window: Window, file: Path) -> None:
    file.write_text("from outside\n")
    window.editor.until("text", "from outside\n")
    type_(window.editor, "z")
    assert window.saved(file) == {"typed": (1, 0)}
    (report,) = window.reports.of("obsd.editor.saved", path=str(file))
    assert report["reloaded"] > 0


def test_the_totals_are_sent_as_metrics_and_no_text_is_anywhere(window: Window, file: Path) -> None:
    type_(window.editor, "s3cr3t")
    window.saved(file)
    window.editor.act("flush")
    names = {metric["name"] for body in window.reports.metrics for metric in _metrics(body)}
    assert {"obsd.editor.characters", "obsd.editor.lines", "obsd.editor.edits"} <= names
    assert "s3cr3t" not in repr((window.reports.records, window.reports.metrics))


def _metrics(body: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    return found
