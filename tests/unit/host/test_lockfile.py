"""The lock: one holder, named; freed by the kernel."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from obsd.errors import AlreadyRunning, NotPermitted
from obsd.host.lockfile import Lock


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")
    first.take()
    with pytest.raises(AlreadyRunning) as caught:
        second.take()
    assert str(os.getpid()) in caught.value.message
    first.release()
    first.release()
    second.take()
    second.release()


def test_a_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    program = (
        "import os, pathlib, sys; from obsd.host.lockfile import Lock; lock = Lock(pathlib.Path(sys.argv[1]));"
        "lock.take(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "lock")], check=False, timeout=60)
    lock = Lock(tmp_path / "lock")
    assert (tmp_path / "lock").read_text().strip() != str(os.getpid())
    lock.take()
    assert (tmp_path / "lock").read_text().strip() == str(os.getpid())
    lock.release()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(NotPermitted):
        Lock(tmp_path / "lock").take()
    assert not (tmp_path / "victim").exists()
