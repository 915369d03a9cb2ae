"""Processes of obsd's own import nothing that lies where they start: real interpreters in hostile folders."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from obsd.host import isolated

SHOWN = "import json, pygit2, obsd; print(json.__file__, pygit2.__file__, obsd.__file__, *sys.argv[1:])"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    for name in ("json", "pygit2", "obsd", "sitecustomize", "usercustomize", "startup"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n__file__ = 'hostile'\n")
    return tmp_path


@pytest.mark.parametrize("python_path", ["", ":", ".", ":/nonexistent"])
def test_nothing_of_its_folder_is_imported(hostile: Path, python_path: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": python_path,
        "PYTHONSTARTUP": str(hostile / "startup.py"),
        "PYTHONUSERBASE": str(hostile),
        "PYTHONHOME": "",
    }
    command = isolated.command(SHOWN, "a", "--", "b")
    done = subprocess.run(command, cwd=hostile, env=environment, capture_output=True, text=True, check=True)
    *files, first, second, third = done.stdout.split()
    assert (first, second, third) == ("a", "--", "b")
    assert all(os.path.isabs(file) and not file.startswith(str(hostile)) for file in files)
    assert not (hostile / "ran").exists()


def test_what_this_process_imports_from_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "only_here.py").write_text("value = 7\n")
    (tmp_path / "json.py").write_text("raise SystemExit('a folder of the user hides the standard library')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend("")
    command = isolated.command("import json, only_here; print(only_here.value, '' in sys.path)")
    done = subprocess.run(command, cwd=isolated.FOLDER, env={}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7", "False"]


def test_the_environment_has_nothing_that_steers_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "GIT_DIR", "NOTIFY_SOCKET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("HOME", "/home/ann")
    environment = isolated.environment()
    assert environment["HOME"] == "/home/ann"
    assert not [name for name in environment if name.startswith(("PYTHON", "GIT_", "NOTIFY"))]
