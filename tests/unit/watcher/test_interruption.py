"""Waits of libgit2 that are ended by the alarm, and what is begun once more."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from obsd.watcher.interruption import again, ended

_READ = """
import sys
import pygit2
from obsd.watcher import interruption
interruption.install()
with interruption.no_wait_for_ever():
    try:
        pygit2.Config().add_file(sys.argv[1], 2)
    except (OSError, pygit2.GitError) as error:
        print(interruption.ended(error))
"""


def test_a_fifo_that_libgit2_opens_is_let_go(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    command = [sys.executable, "-c", _READ, str(tmp_path / "fifo")]
    assert subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout == "True\n"


def test_what_was_interrupted_once_is_read() -> None:
    errors = [InterruptedError(errno.EINTR, os.strerror(errno.EINTR))]

    def read() -> str:
        if errors:
            raise errors.pop()
        return "content"

    assert again(read) == "content"
    assert errors == []


def test_other_errors_and_a_second_interruption_are_raised() -> None:
    tries: list[int] = []

    def refused() -> None:
        tries.append(1)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        again(refused)
    assert len(tries) == 1

    def silent() -> None:
        raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))

    with pytest.raises(OSError, match=os.strerror(errno.EINTR)) as raised:
        again(silent)
    assert ended(raised.value)
