"""A repository in which a state machine makes random changes, each noted in a burst of the model."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
from pathlib import Path

from hypothesis.stateful import RuleBasedStateMachine

from tests.integration.watching.model import Burst, Files
from tests.integration.watching.watcher_rig import Received, WatcherRig
from tests.support import Repository, clean_environment


class Playground(RuleBasedStateMachine):
    """Folders of its own, a repository among them, and ways to write there."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="ob", dir="/tmp")).resolve()
        self.repository = Repository(self.home / "above/repo", clean_environment(self.home))
        self.root = self.repository.path
        self.outside = self.home / "outside"
        self.outside.mkdir()
        self.rig = WatcherRig(self.root, self.home / "rig", settle_seconds=0.1, max_delay_seconds=2.0)
        self.frozen = False
        self.quiet = True
        self.burst = Burst()
        self.before: Files = {}
        self.count = 0

    def settle(self) -> Received:
        """Waits until all that happened has been compared; returns what came since the last time."""
        raise NotImplementedError

    def check(self) -> None:
        """Ends the burst, and checks it."""
        raise NotImplementedError

    def begin_anew(self, *options: str) -> None:
        """Makes the repository again, in another form."""
        settings = self.repository.path / ".git/config"
        user = settings.read_text()[settings.read_text().index("[user]") :]
        shutil.rmtree(self.repository.path / ".git")
        self.repository.git("init", "-q", "-b", "main", *options)
        settings.write_text(settings.read_text() + user)

    def start_burst(self, chance: random.Random) -> None:
        if self.quiet:
            self.quiet = False
            self.frozen = bool(chance.randrange(2))
            if self.frozen and self.rig.process is not None:
                os.kill(self.rig.process.pid, signal.SIGSTOP)

    def crosses_rules(self, old: Path, new: Path) -> bool:
        """What is moved between seen and ignored is as if it were created or deleted: the model knows no rules."""
        return self.ignored(old) or self.ignored(new)

    def ignored(self, path: Path) -> bool:
        try:
            self.repository.git("check-ignore", "-q", "--no-index", "--", self.name(path))
        except AssertionError:
            return False
        return True

    def save(self, path: Path, data: bytes, way: int) -> None:
        self.write_way(path, data, way)
        if way in (1, 2) or (self.name(path) not in self.burst.came and self.name(path) not in self.before):
            self.burst.replace(self.name(path))

    def write_way(self, path: Path, data: bytes, way: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        temp = path.with_name("temporary~")
        if way == 1:
            temp.write_bytes(data)
            temp.rename(path)
        elif way == 2 and path.exists():
            path.rename(temp)
            path.write_bytes(data)
            temp.unlink()
        else:
            path.write_bytes(data)

    def put(self, path: Path, data: bytes) -> None:
        self.write_way(path, data, 0)

    def write_below(self, folder: Path, chance: random.Random) -> None:
        files = self.files_below(folder)
        if files:
            path = chance.choice(files)
            path.write_bytes(path.read_bytes() + b"moved\n")

    def files_below(self, folder: Path) -> list[Path]:
        return sorted(
            Path(above) / name
            for above, _, files in os.walk(folder)
            for name in files
            if not (Path(above) / name).is_symlink()
        )

    def path(self, folder: str, name: str) -> Path:
        """A path that no link and no file stands in the way of."""
        place = self.root
        for part in folder.split("/") if folder else []:
            if (place / part).is_symlink() or (place / part).is_file():
                break
            place = place / part
        return place / name

    def name(self, path: Path) -> str:
        return os.path.relpath(path, self.root)
