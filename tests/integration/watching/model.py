"""A simple model of a watched git repository: what is on the disk by git's own word, and what a burst of changes is.

The disk is read with `git ls-files`, which knows nothing of obsd; what a burst should be counted as follows from the
contents before and after it, and from the moves in it.
"""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.watching.watcher_rig import Change
from tests.support import Repository, clean_environment

Files = dict[str, bytes]


def visible(repository: Repository) -> Files:
    """The regular files that count, with their contents: tracked, or untracked and not ignored; none of a repository
    in the repository, though this one may track files there, too."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=repository.path,
        env=repository.environment,
        capture_output=True,
        check=True,
    ).stdout
    found = {}
    for name in set(listed.split(b"\0")) - {b""}:
        path = os.path.join(os.fsencode(repository.path), name)
        if os.path.isfile(path) and not os.path.islink(path) and not _elsewhere(repository.path, name):
            found[os.fsdecode(name)] = Path(os.fsdecode(path)).read_bytes()
    return found


def _elsewhere(root: Path, name: bytes) -> bool:
    parts = os.fsdecode(name).split("/")[:-1]
    folders = [root / "/".join(parts[: end + 1]) for end in range(len(parts))]
    return any(folder.is_symlink() or (folder / ".git").exists() for folder in folders)


@dataclass
class Burst:
    """Where each file was at the last scan: `came[new] = old`; a file that was written anew has no old place."""

    came: dict[str, str | None] = field(default_factory=dict)

    def old_place(self, path: str) -> str | None:
        return self.came.get(path, path)

    def move(self, old: str, new: str) -> None:
        self.came[new] = self.old_place(old)
        self.came[old] = None

    def replace(self, path: str) -> None:
        """Another file stands at `path` now, or none."""
        self.came[path] = None

    def expected(self, before: Files, after: Files) -> list[tuple[str, str, str]]:
        """(operation, path, previous path) of every change, sorted."""
        found: list[tuple[str, str, str]] = []
        moved_from = set()
        for path, data in after.items():
            origin = self.old_place(path)
            if path in before:
                if before[path] != data:
                    found.append(("modified", path, ""))
            elif origin is not None and origin in before and origin not in after:
                found.append(("renamed", path, origin))
                moved_from.add(origin)
            else:
                found.append(("created", path, ""))
        found += [("deleted", path, "") for path in before.keys() - after.keys() - moved_from]
        return sorted(found)


class Numstat:
    """Lines by `git diff --no-index --numstat`; many pairs of contents at once."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._environment = clean_environment(scratch)

    def of(self, old: bytes, new: bytes) -> tuple[int | None, int | None]:
        if old == new:
            return 0, 0
        (self._scratch / "old").write_bytes(old)
        (self._scratch / "new").write_bytes(new)
        command = ["git", "diff", "--no-index", "--numstat", "--no-ext-diff", "old", "new"]
        result = subprocess.run(command, cwd=self._scratch, env=self._environment, capture_output=True, check=False)
        added, removed, _ = result.stdout.split(b"\t", 2)
        return (None, None) if added == b"-" else (int(added), int(removed))


def wrong_lines(numstat: Numstat, changes: list[Change], before: Files, after: Files) -> list[object]:
    """The changes whose lines are not git's; each file changed once."""
    wrong: list[object] = []
    for change in changes:
        old = before.get(change.previous or change.path, b"") if change.operation != "created" else b""
        new = after.get(change.path, b"") if change.operation != "deleted" else b""
        expected = numstat.of(old, new)
        if (change.added, change.removed) != expected:
            wrong.append((change, expected))
    return wrong


def replayed(changes: list[Change], before: Files) -> Counter[str]:
    """How often each path is there after the changes, beginning with `before`: 1 for every file, if all is right."""
    there = Counter(before.keys())
    for change in changes:
        if change.operation in ("created", "renamed"):
            there[change.path] += 1
        if change.operation == "renamed":
            there[change.previous] -= 1
        if change.operation == "deleted":
            there[change.path] -= 1
    return +there + Counter({path: count for path, count in there.items() if count < 0})
