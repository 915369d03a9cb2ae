"""The history of a real repository, commit after commit written by ordinary writes in four save styles: the sums of
lines and operations are those of git's own diffs.

OBSD_REPLAY names another repository than this project's, OBSD_REPLAY_COMMITS how many commits (0: all).
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import clean_environment

SOURCE = Path(os.environ.get("OBSD_REPLAY", Path(__file__).parents[3]))
MOST_COMMITS = int(os.environ.get("OBSD_REPLAY_COMMITS", "40"))
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_OPERATIONS = {"A": "created", "M": "modified", "D": "deleted"}


class Step(NamedTuple):
    """What one commit does to one regular file; lines are None for a binary one."""

    operation: str
    path: str
    blob: str
    added: int | None
    removed: int | None


class History:
    """A repository's first parents, as git's own diffs without renames tell them."""

    def __init__(self, source: Path, home: Path) -> None:
        self._source = source
        self._environment = clean_environment(home) | {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }

    def commits(self, most: int) -> list[str]:
        """The newest of them, oldest first."""
        limit = [f"--max-count={most}"] if most else []
        return self._git("rev-list", "--first-parent", *limit, "HEAD").decode().split()[::-1]

    def steps(self, old: str, new: str) -> Iterator[Step]:
        lines = self._lines(old, new)
        raw = self._git("diff-tree", "-r", "-z", "--no-renames", "--raw", "--no-abbrev", old, new).split(b"\0")
        for about, name in zip(raw[0::2], raw[1::2], strict=False):
            old_mode, new_mode, _, blob, status = about.decode().lstrip(":").split(" ")
            regular = [mode.startswith("100") for mode in (old_mode, new_mode)]
            if status == "T" or not all(mode == "000000" or mode.startswith("100") for mode in (old_mode, new_mode)):
                pytest.skip(f"{name!r} is no regular file: {old_mode} to {new_mode}")
            assert any(regular)
            path = os.fsdecode(name)
            if path in lines:  # else only the mode changed
                yield Step(_OPERATIONS[status], path, blob, *lines[path])

    def content(self, blob: str) -> bytes:
        return self._git("cat-file", "blob", blob)

    def _lines(self, old: str, new: str) -> dict[str, tuple[int | None, int | None]]:
        found: dict[str, tuple[int | None, int | None]] = {}
        command = ("diff-tree", "-r", "-z", "--no-renames", "--numstat", "--no-ext-diff", "--no-textconv")
        for entry in self._git(*command, old, new).split(b"\0"):
            if entry:
                added, removed, name = entry.split(b"\t", 2)
                binary = added == b"-"
                found[os.fsdecode(name)] = (None, None) if binary else (int(added), int(removed))
        return found

    def _git(self, *arguments: str) -> bytes:
        command = ["git", "-c", "core.attributesFile=/dev/null", "-C", str(self._source), *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, check=True).stdout


def in_place(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def temp_and_rename(path: Path, data: bytes) -> None:
    # An unmistakable name: on a busy machine any other could be seen between the two calls, and be a file of its own.
    temp = path.with_name(f"{path.name}.tmp.4711")
    temp.write_bytes(data)
    temp.rename(path)


def backup_and_rename(path: Path, data: bytes) -> None:
    backup = path.with_name("obsd-replay.bak")
    if path.exists():
        path.rename(backup)
    path.write_bytes(data)
    backup.unlink(missing_ok=True)


def in_pieces(path: Path, data: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), 1000):
            file.write(data[start : start + 1000])


STYLES = [in_place, temp_and_rename, backup_and_rename, in_pieces]


def write(root: Path, steps: list[Step], history: History, save: Callable[[Path, bytes], None]) -> None:
    """Deletes first: a folder may stand where a file is to be, and the other way round."""
    for step in steps:
        if step.operation == "deleted":
            path = root / step.path
            path.unlink()
            for folder in list(path.parents)[: len(Path(step.path).parts) - 1]:
                if any(folder.iterdir()):
                    break
                folder.rmdir()
    for step in steps:
        if step.operation != "deleted":
            path = root / step.path
            path.parent.mkdir(parents=True, exist_ok=True)
            save(path, history.content(step.blob))


@pytest.mark.slow
@pytest.mark.parametrize("style", [*STYLES, None], ids=lambda style: style.__name__ if style else "mixed")
def test_the_sums_are_those_of_git_log(
    watch: Callable[..., WatcherRig], folder: Path, style: Callable[[Path, bytes], None] | None
) -> None:
    history = History(SOURCE, folder.parent)
    most = MOST_COMMITS if style is None else min(MOST_COMMITS, 10) or MOST_COMMITS
    rig = watch(folder, baseline_bytes=1 << 30, max_measured_bytes=1 << 30)
    before = EMPTY_TREE
    for number, commit in enumerate(history.commits(most)):
        steps = list(history.steps(before, commit))
        write(folder, steps, history, style or STYLES[number % len(STYLES)])
        received = rig.settle()
        found = {(change.operation, change.path, change.added, change.removed) for change in received.changes}
        assert found == {(step.operation, step.path, step.added, step.removed) for step in steps}
        assert received.operations() == Counter(step.operation for step in steps)
        before = commit
    assert set(rig.snapshot) == {
        str((Path(above) / name).relative_to(folder)) for above, _, names in os.walk(folder) for name in names
    }
