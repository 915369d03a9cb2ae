"""A process namespace of one's own, made by util-linux' unshare: what is seen from inside, and what the kernel says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obsd.host import namespaces
from tests.support import clean_environment

LOOK = """
import json, sys
from pathlib import Path
from obsctl import checks
from obsd.agents.process_scan import Scanner
from obsd.agents.table import AgentTable
from obsd.host import namespaces

spots = [Scanner(AgentTable.build()).blind_spots(folder) for folder in sys.argv[1:]]
found = [finding for finding in checks.of_machine(Path("/nowhere")) if finding.check == "processes"]
print(json.dumps([namespaces.all_processes_seen(), spots, found[0].state]))
"""
UNSHARE = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc")


def look(home: Path, *folders: Path, inside: bool = False) -> list[Any]:
    """What is visible from this namespace, or from one of its own."""
    words = [*(UNSHARE if inside else ()), sys.executable, "-c", LOOK, *map(str, folders)]
    result = subprocess.run(words, env=clean_environment(home), capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    found: list[Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def mounted() -> Iterator[Path]:
    """A folder on another device than the root: like one that is mounted into a container."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if os.stat(folder).st_dev == os.stat("/").st_dev:
            pytest.skip("/dev/shm is no file system of its own")
        yield Path(folder)


@pytest.fixture
def unshared() -> None:
    """Skips where an ordinary user may make no namespaces, or the tests are in a container themselves."""
    if subprocess.run([*UNSHARE, "true"], capture_output=True, timeout=60, check=False).returncode:
        pytest.skip("the kernel lets this user make no process namespace")
    if not namespaces.all_processes_seen():
        pytest.skip("these tests are in a process namespace of their own")


def test_outside_everything_is_visible(unshared: None, tmp_path: Path, mounted: Path) -> None:
    assert look(tmp_path, tmp_path, mounted) == [True, ["", ""], "ok"]


def test_inside_a_mounted_folder_has_a_blind_spot(unshared: None, tmp_path: Path, mounted: Path) -> None:
    seen, (own, other), state = look(tmp_path, tmp_path, mounted, inside=True)
    assert (seen, own, state) == (False, "", "warn")
    assert "outside the container" in other
