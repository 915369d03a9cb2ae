"""Sets up the extension in VS Code and what is made of it: installed by the editor's own command line, made exact by a
setting of the user's.

Owns which editors there are, and where each keeps its runtime arguments. Runs as the user of the editor.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import obsd
from obsctl import agent_setup
from obsctl.agent_recipes import Recipe
from obsd.errors import InvalidRequest, ObsdError, Unavailable
from obsd.text import printable

NAME: Final = "vscode"
EXTENSION: Final = "obsd.obsd-vscode"
SETTING: Final = "enable-proposed-api"
TIMEOUT_SECONDS: Final = 180.0
_FOLDERS: Final = (Path(obsd.__file__).resolve().parent.parent / "dist", Path("/usr/share/obsd"))


class Editor(NamedTuple):
    """A program, and its runtime arguments' file below the home folder; "": it needs no setting."""

    program: str
    arguments: str


EDITORS: Final = (
    Editor("code", ".vscode/argv.json"),
    Editor("code-insiders", ".vscode-insiders/argv.json"),
    Editor("codium", ".vscode-oss/argv.json"),
    Editor("cursor", ".cursor/argv.json"),
    Editor("code-server", ""),
)


def installed() -> list[Editor]:
    """Returns the editors on the PATH. Raises InvalidRequest if there is none."""
    found = [editor for editor in EDITORS if shutil.which(editor.program)]
    if not found:
        programs = ", ".join(editor.program for editor in EDITORS)
        raise InvalidRequest("no_editor", "no editor is found", f"one of these must be on the PATH: {programs}")
    return found


def package(given: str | None) -> Path:
    """Returns the extension to install: the one that is given, else the newest that is there. Raises InvalidRequest."""
    if given is not None:
        if not Path(given).is_file():
            raise InvalidRequest("no_extension", f"{printable(given)} is no file", "`make vscode` builds the extension")
        return Path(given).resolve()
    files = [file for folder in _FOLDERS for file in folder.glob("obsd-vscode-*.vsix")]
    if not files:
        hint = "`make vscode` builds it in a checkout of obsd; --vsix FILE names it"
        raise InvalidRequest("no_extension", "the extension is not here", hint)
    return max(files, key=lambda file: file.stat().st_mtime)


def recipe(editor: Editor) -> Recipe | None:
    """Returns the setting that makes the extension exact in an editor, or None where none is needed."""
    if not editor.arguments:
        return None
    return Recipe(
        agent=f"{NAME}-{editor.program}",
        file=editor.arguments,
        form="json",
        protocol="http",
        programs=(editor.program,),
        folders=(),
        then=f"it takes effect when {editor.program} is restarted",
        values={},
        items={(SETTING,): EXTENSION},
    )


def commands(editor: Editor, vsix: Path | None) -> list[str]:
    """Returns the command that installs the extension, or that takes it away (None)."""
    if vsix is None:
        return [editor.program, "--uninstall-extension", EXTENSION]
    return [editor.program, "--install-extension", str(vsix), "--force"]


def run(command: list[str]) -> None:
    """Runs a command of an editor. Raises Unavailable if it fails."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(command, str(error)) from error
    if done.returncode:
        raise _failed(command, (done.stderr or done.stdout).strip()[-300:])


def write(editors: list[Editor], vsix: Path, home: Path) -> bool:
    """Installs the extension, and makes it exact; returns whether a file was written."""
    for editor in editors:
        run(commands(editor, vsix))
    changed = [agent_setup.write(setting, home) for setting in _settings(editors)]
    return any(changed)


def undo(editors: list[Editor], home: Path) -> bool:
    """Takes away the settings, and the extension; returns whether a file was written."""
    changed = [agent_setup.undo(setting, home) for setting in _settings(editors)]
    for editor in editors:
        run(commands(editor, None))
    return any(changed)


def _settings(editors: list[Editor]) -> Iterator[Recipe]:
    return (setting for editor in editors if (setting := recipe(editor)))


def _failed(command: list[str], why: str) -> ObsdError:
    shown = printable(" ".join(command))
    return Unavailable("editor_failed", f"{shown} failed: {printable(why)}", "run it by hand to see more")
