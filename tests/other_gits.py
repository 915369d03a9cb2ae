"""Other implementations of git, as the programs that use them: each switches a working tree to a branch."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("libgit2", "dulwich", "isomorphic-git")

_PYTHON = {
    "libgit2": "import pygit2, sys; r = pygit2.Repository(sys.argv[1]); r.checkout(r.branches[sys.argv[2]])",
    "dulwich": "import sys; from dulwich import porcelain; porcelain.checkout(sys.argv[1], sys.argv[2], force=True)",
}
_NODE = """
const [, , library, dir, ref] = process.argv, git = require(library), fs = require('fs');
git.checkout({fs, dir, ref, force: true}).catch(error => { console.error(error); process.exit(1); });
"""


@functools.cache
def isomorphic_git() -> str:
    """Where the library lies; empty if it is not installed."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return ""
    root = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
    return f"{root}/isomorphic-git" if Path(root, "isomorphic-git").is_dir() else ""


def missing(name: str) -> str:
    """Why an implementation cannot be used here; empty if it can."""
    if name == "dulwich" and importlib.util.find_spec("dulwich") is None:
        return "dulwich is not installed: pip install dulwich"
    if name == "isomorphic-git" and not isomorphic_git():
        return "isomorphic-git is not installed: npm install -g isomorphic-git"
    return ""


def switch(name: str, folder: Path, branch: str) -> None:
    """Checks the branch out; raises CalledProcessError where it refuses."""
    command: Sequence[str] = [sys.executable, "-c", _PYTHON.get(name, ""), str(folder), branch]
    if name == "isomorphic-git":
        command = ["node", "-e", _NODE, "--", "", isomorphic_git(), str(folder), branch]
    subprocess.run(command, check=True, capture_output=True)
