"""A file system whose server does not answer, under one workspace: whoever asks it sleeps and cannot even be killed.

The server is bindfs, which is stopped; what waits for it then is in the kernel, as with a network file system.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import Daemon, Repository, wait_until
from tests.unit.records.live import ClaudeCode

_PATIENCE_SECONDS = 120.0


class Mount:
    """A folder that shows another one, until it hangs."""

    def __init__(self, source: Path, place: Path) -> None:
        self.place = place
        place.mkdir()
        self._server = subprocess.Popen(["bindfs", "-f", str(source), str(place)])
        wait_until(lambda: self.there or self._server.poll() is not None, "a mount")

    @property
    def there(self) -> bool:
        """Whether there is a mount; it must not hang."""
        return os.path.ismount(self.place)

    def hang(self) -> None:
        """It answers nobody."""
        self._server.send_signal(signal.SIGSTOP)

    def answer(self) -> None:
        """It answers again, those that wait as well."""
        self._server.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """The mount is gone, and whoever waits for it is told so."""
        subprocess.run(["umount", "--lazy", self.place], capture_output=True, check=False)
        self._server.kill()
        self._server.wait()


@pytest.fixture
def mount(make_repository: Callable[[str], Repository], short_tmp: Path) -> Iterator[Mount]:
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("FUSE mounts need root and /dev/fuse")
    if shutil.which("bindfs") is None:
        pytest.skip("bindfs is not installed: apt install bindfs")
    source = make_repository("source")
    source.commit("chore: begin")
    made = Mount(source.path, short_tmp / "mounted")
    try:
        if not made.there:
            pytest.skip("FUSE mounts are not allowed here")
        yield made
    finally:
        made.end()


def workspace(daemon: Daemon, name: str) -> dict[str, Any]:
    return next(one for one in daemon.json("status")["workspaces"] if one["name"] == name)


@pytest.mark.timeout(1200)
def test_a_mount_that_hangs_holds_up_nobody_else(
    make_daemon: Callable[[str], Daemon], make_repository: Callable[[str], Repository], mount: Mount
) -> None:
    good = make_repository("good")
    daemon = make_daemon("d").start()
    daemon.add(good.path, "good")
    daemon.add(mount.place, "hung")
    assert workspace(daemon, "hung")["state"] == "degraded", "such a file system does not tell of all changes"

    mount.hang()
    for number in range(3):
        good.write(f"new{number}.py", "one\n")
        good.commit(f"feat: number {number} while another hangs")
    daemon.wait_for("git_commits_total", 3, workspace="good")
    daemon.settle("good")
    daemon.wait_for("copilot_files_modified_total", 3, workspace="good", operation="created")
    for verb in ("status", "sessions", "commits", "workspaces", "rules", "report", "config show"):
        result = daemon.obsctl(*verb.split(), timeout=30)
        assert result.code == 0, f"{verb}: {result}"
    said = wait_until(lambda: _said(daemon), "a word of the one that hangs", _PATIENCE_SECONDS)
    assert "hung" in said

    # Its end and its start do not wait for it either.
    assert daemon.stop() == 0
    daemon.start(ready=False)
    wait_until(lambda: daemon.obsctl("status").code == 0, "an answer", _PATIENCE_SECONDS)
    wait_until(lambda: workspace(daemon, "good")["state"] == "watching", "the good one watched", _PATIENCE_SECONDS)
    good.commit("feat: one after the start")
    daemon.wait_for("git_commits_total", 4, workspace="good")

    mount.answer()
    wait_until(lambda: workspace(daemon, "hung")["state"] == "degraded", "the other one again", _PATIENCE_SECONDS)
    Repository(mount.place, good.environment).commit("feat: one in what hung")
    # Its repository is read again after a pause that doubles from a minute.
    wait_until(
        lambda: daemon.scrape().sum("git_commits_total", workspace="hung") == 1, "its commit", 4 * _PATIENCE_SECONDS
    )
    assert "Traceback" not in daemon.log
    assert daemon.stop() == 0


@pytest.mark.timeout(600)
def test_a_record_that_names_a_mount_that_hangs_stops_no_evidence(
    make_daemon: Callable[[str], Daemon], make_repository: Callable[[str], Repository], mount: Mount
) -> None:
    good = make_repository("good")
    daemon = make_daemon("d")
    daemon.configure('[authors]\nwriters = "off"\nwait_seconds = 60\n')
    daemon.start().add(good.path, "good")
    link = daemon.home / "link"
    link.symlink_to(good.path)
    mount.hang()

    # What it says it did is outside of all workspaces, as far as the name tells: on the mount, and by a link to it.
    (daemon.home / "other").symlink_to(mount.place)
    elsewhere = ClaudeCode(daemon.home, mount.place, "1" * 36)
    for number, folder in enumerate((mount.place, daemon.home / "other", mount.place / "deep/er")):
        tool = f"toolu_{number:020}"
        place = folder / "a.py"
        elsewhere.write(*elsewhere.called(tool, place, "a = 1\n"), *elsewhere.ended(tool, place, None, "a = 1\n"))
    agent = ClaudeCode(daemon.home, good.path)
    for number in range(3):
        agent.edit(good.path / f"own{number}.py", "a = 1\n")
    # A path in the workspace by another name needs its links resolved, also now.
    agent.edit(link / "linked.py", "a = 1\n")
    made = {"workspace": "good", "agent": "claude-code", "evidence": "record"}
    daemon.wait_for("obsd_agent_changes_total", 4, **made)
    assert "does not answer" in daemon.log
    assert daemon.stop() == 0


def _said(daemon: Daemon) -> str:
    held = daemon.json("status")["warnings"]
    return next((str(one["workspace"]) for one in held if one.get("workspace") == "hung"), "")
