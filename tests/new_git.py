"""A git that runs hooks of its configuration (2.54 and later): the one on the PATH, or the one that
`packaging/dev/new-git.sh` has made and $OBSD_NEW_GIT names by its folder."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from pathlib import Path

import pytest

_MADE = Path("~/.cache/obsd/new-git/bin").expanduser()


@functools.cache
def _found() -> str:
    """The PATH with such a git first; empty where there is none."""
    path = os.environ["PATH"]
    for folder in ("", os.environ.get("OBSD_NEW_GIT", ""), str(_MADE)):
        tried = f"{folder}:{path}" if folder else path
        try:
            said = subprocess.run(["git", "version"], env=os.environ | {"PATH": tried}, capture_output=True, check=True)
        except (OSError, subprocess.SubprocessError):
            continue
        match = re.search(rb"(\d+)\.(\d+)", said.stdout)
        if match and (int(match[1]), int(match[2])) >= (2, 54):
            return tried
    return ""


def path_with_it() -> str:
    """The PATH with such a git first; skips the test where there is none."""
    if not _found():
        pytest.skip("git 2.54 or later is not installed: packaging/dev/new-git.sh gets it")
    return _found()
