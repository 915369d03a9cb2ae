"""What a hand does in the editor, for tests. Returns when it is done."""

from __future__ import annotations

import time

from tests.vscode.editor import PATIENCE_SECONDS, Editor


def type_(editor: Editor, text: str) -> None:
    """Types where the cursor is."""
    editor.run("type", {"text": text})


def suggest(editor: Editor, text: str, line: int = 0) -> None:
    """Has the driver's provider suggest a text at the begin of a line, and waits until the editor shows it."""
    editor.act("select", places=[[line, 0, line, 0]])
    editor.act("suggest", text=text, line=line, to=0, **{"from": 0})
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not editor.act("showing"):
        assert time.monotonic() < deadline, "the suggestion is not shown"
        editor.run("editor.action.inlineSuggest.trigger")
        time.sleep(0.1)


def accept(editor: Editor, text: str, line: int = 0) -> None:
    """Accepts a suggestion of that text at the begin of a line."""
    before = editor.act("text")
    suggest(editor, text, line)
    editor.run("editor.action.inlineSuggest.commit")
    editor.act("suggest")
    lines = before.split("\n")
    editor.until("text", "\n".join([*lines[:line], text + lines[line], *lines[line + 1 :]]))
