"""Nothing that lies in a repository runs because obsd, or a hook's reporter, was started there."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import Daemon, Repository, command

MODULES = ("json", "contextlib", "obsd", "obsctl", "grpc", "socket", "select", "sitecustomize", "usercustomize")


def plant(folder: Path, ran: Path) -> None:
    """Puts modules there that leave a trace when they are imported."""
    for name in MODULES:
        (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write(__name__ + '\\n')\n")


def test_a_daemon_started_in_a_hostile_folder_watches(
    make_daemon: Callable[[str], Daemon], repository: Repository, short_tmp: Path
) -> None:
    ran = short_tmp / "ran"
    plant(repository.path, ran)
    daemon = make_daemon("d")
    with daemon.log_file.open("ab") as log:
        daemon.process = subprocess.Popen(command("obsd"), env=daemon.environment, cwd=repository.path, stderr=log)
    daemon.wait_ready()
    daemon.add(repository.path, "w")
    repository.write("new.py", "1\n")
    daemon.settle("w")
    daemon.wait_for("copilot_files_modified_total", 1, workspace="w", operation="created")
    assert not ran.exists()


@pytest.mark.parametrize("python_path", ["", "/nonexistent:", "."])
def test_a_hooks_reporter_imports_nothing_of_the_repository(
    obsd_daemon: Daemon, repository: Repository, short_tmp: Path, python_path: str
) -> None:
    ran = short_tmp / "ran"
    plant(repository.path, ran)
    obsd_daemon.add(repository.path, "w")
    hostile = {
        "PYTHONPATH": python_path,
        "PYTHONUSERBASE": ".",
        "PYTHONSTARTUP": "json.py",
        "PYTHONHOME": "/nonexistent",
    }
    repository.write("new.txt", "1\n")
    repository.commit("feat: begin something new", **hostile)
    obsd_daemon.wait_for("obsd_hook_reports_total", 1)
    assert not ran.exists()
