"""A repository with two branches that differ in most ways, and a watcher on it: what the git tests begin with."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from tests.integration.watching.watcher_rig import Received, WatcherRig
from tests.support import Repository

Watch = Callable[..., WatcherRig]

FILES = 12


class WatchedBranches:
    """A repository with a main branch and a branch `side` that differ in most ways, watched on main."""

    def __init__(self, repository: Repository, watch: Watch) -> None:
        self.repository = repository
        self.git = repository.git
        for number in range(FILES):
            repository.write(f"f{number}.txt", text(number))
        repository.write("sub/kept.txt", "kept\n")
        repository.write("gone/only-main.txt", "main\n")
        self.base = repository.commit("feat: begin")
        self.git("checkout", "-q", "-b", "side")
        for number in range(0, FILES, 2):
            repository.write(f"f{number}.txt", text(number) + "side\n")
        repository.write("new/only-side.txt", "side\n")
        self.git("rm", "-q", "-r", "gone")
        self.git("mv", "sub/kept.txt", "sub/moved.txt")
        self.side = repository.commit("feat: on the side")
        self.git("checkout", "-q", "main")
        self.rig = watch(repository.path)

    def received(self) -> Received:
        return self.rig.settle()

    def next_edit_is_measured_against_what_git_wrote(self) -> None:
        """Adds one line to every file, and expects just that."""
        paths = sorted(self.rig.snapshot)
        assert paths == sorted(on_disk(self.repository.path))
        for path in paths:
            with open(self.repository.path / path, "a") as file:
                file.write("edit\n")
        assert self.received().brief() == [("modified", path, 1, 0) for path in paths]


def text(number: int) -> str:
    return f"file {number}\n" * (3 + number)


def on_disk(root: Path) -> list[str]:
    return [
        os.path.relpath(os.path.join(above, name), root)
        for above, _, names in os.walk(root)
        if ".git" not in Path(above).relative_to(root).parts
        for name in names
    ]
