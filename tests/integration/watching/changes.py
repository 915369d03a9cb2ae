"""The rules of the state machine that change files and folders, as programs and people do."""

from __future__ import annotations

import contextlib
import os
import random
import shutil

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.integration.watching.playground import Playground

NAMES = ["a", "b.txt", "c.log", "é", "with space", "n\nl", "\udcff", "keep.log"]
FOLDERS = ["", "d1", "d2", "d1/sub", "d1/sub/deep", "out", "d2/out"]

TEMPORARY = ["%s.tmp.4711.0123456789ab", ".%s.0123456789ab.tmp", ".syncthing.%s.tmp"]

names = st.sampled_from(NAMES)
folders = st.sampled_from(FOLDERS)
chances = st.randoms(use_true_random=False)


def some_lines(chance: random.Random) -> bytes:
    lines = b"".join(b"%d\n" % chance.randrange(9) for _ in range(chance.randrange(12)))
    return lines if chance.randrange(4) else lines + b"unfinished"


class Changes(Playground):
    """Each begins a burst where none is under way, and notes in it what it did."""

    # ----- files

    @rule(folder=folders, name=names, chance=chances)
    def write(self, folder: str, name: str, chance: random.Random) -> None:
        path = self.path(folder, name)
        if path.is_dir():
            return
        self.start_burst(chance)
        data = some_lines(chance)
        if path.exists() and chance.randrange(2):
            data = path.read_bytes() + data
        self.save(path, data, chance.randrange(4))

    @rule(folder=folders, name=names, chance=chances)
    def remove(self, folder: str, name: str, chance: random.Random) -> None:
        path = self.path(folder, name)
        if path.is_file() or path.is_symlink():
            self.start_burst(chance)
            path.unlink()
            self.burst.replace(self.name(path))

    @rule(folder=folders, name=names, to_folder=folders, to_name=names, chance=chances)
    def rename(self, folder: str, name: str, to_folder: str, to_name: str, chance: random.Random) -> None:
        old, new = self.path(folder, name), self.path(to_folder, to_name)
        if not old.is_file() or old.is_symlink() or new.is_dir() or old == new or self.crosses_rules(old, new):
            return
        self.start_burst(chance)
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)
        self.burst.move(self.name(old), self.name(new))

    @rule(folder=folders, name=names, to_folder=folders, to_name=names, chance=chances)
    def git_move(self, folder: str, name: str, to_folder: str, to_name: str, chance: random.Random) -> None:
        old, new = self.path(folder, name), self.path(to_folder, to_name)
        if not new.parent.is_dir() or new.is_dir() or old == new or self.crosses_rules(old, new):
            return
        self.start_burst(chance)
        with contextlib.suppress(AssertionError):
            self.repository.git("mv", "-f", "--", self.name(old), self.name(new))
            self.burst.move(self.name(old), self.name(new))

    @rule(folder=folders, name=names, chance=chances)
    def touch(self, folder: str, name: str, chance: random.Random) -> None:
        path = self.path(folder, name)
        if path.is_file() and not path.is_symlink():
            self.start_burst(chance)
            os.utime(path)
            path.chmod(0o600 if chance.randrange(2) else 0o755)

    @rule(folder=folders, name=names, chance=chances)
    def write_with_the_times_kept(self, folder: str, name: str, chance: random.Random) -> None:
        """As `rsync -t --inplace` and `tar -x` do: size, modification time and inode stay."""
        path = self.path(folder, name)
        if path.is_file() and not path.is_symlink():
            self.start_burst(chance)
            before = path.stat()
            data = path.read_bytes()
            if chance.randrange(2):
                temp = path.with_name("temporary~")
                temp.write_bytes(data[::-1])
                temp.rename(path)
                self.burst.replace(self.name(path))
            else:
                with path.open("r+b") as file:
                    file.write(data[::-1])
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(folder=folders, name=names, form=st.sampled_from(TEMPORARY), chance=chances)
    def save_by_a_temp_file_that_lives_long(self, folder: str, name: str, form: str, chance: random.Random) -> None:
        path = self.path(folder, name)
        if path.is_dir() or path.is_symlink():
            return
        self.start_burst(chance)
        path.parent.mkdir(parents=True, exist_ok=True)
        temp = path.with_name(form % name)
        temp.write_bytes(some_lines(chance))
        if not self.frozen:
            self.rig.receive(0.3)
        temp.rename(path)
        self.burst.replace(self.name(path))

    @rule(folder=folders, name=names, chance=chances)
    def link(self, folder: str, name: str, chance: random.Random) -> None:
        path = self.path(folder, name + ".link")
        if not path.is_symlink() and not path.exists():
            self.start_burst(chance)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(self.outside if chance.randrange(2) else self.root / "d1")

    @rule(chance=chances)
    def write_outside(self, chance: random.Random) -> None:
        self.start_burst(chance)
        self.count += 1
        (self.outside / f"x{self.count}").write_bytes(some_lines(chance))
        for path in list(self.outside.rglob("b.txt")):
            path.write_bytes(some_lines(chance))

    # ----- folders

    @rule(chance=chances)
    def make_deep(self, chance: random.Random) -> None:
        self.start_burst(chance)
        self.count += 1
        for number in range(3):
            path = self.path(f"new{self.count}/x{number}/y", chance.choice(NAMES))
            self.save(path, some_lines(chance), 0)

    @precondition(lambda self: self.quiet)
    @rule(folder=folders, chance=chances)
    def move_folder(self, folder: str, chance: random.Random) -> None:
        source = self.root / (folder or "d1")
        if source.is_dir() and not source.is_symlink():
            self.start_burst(chance)
            self.count += 1
            target = self.root / f"moved{self.count}"
            for path in self.files_below(source):
                self.burst.move(self.name(path), self.name(target / path.relative_to(source)))
            source.rename(target)
            if chance.randrange(2):
                self.write_below(target, chance)

    @rule(folder=folders, chance=chances)
    def move_folder_out(self, folder: str, chance: random.Random) -> None:
        source = self.root / (folder or "d2")
        if source.is_dir() and not source.is_symlink():
            self.start_burst(chance)
            self.count += 1
            for path in self.files_below(source):
                self.burst.replace(self.name(path))
            source.rename(self.outside / f"gone{self.count}")

    @precondition(lambda self: self.quiet)  # out and in again between two looks is a move, and rightly so
    @rule(folder=folders, chance=chances)
    def move_folder_in(self, folder: str, chance: random.Random) -> None:
        candidates = sorted(path for path in self.outside.iterdir() if path.is_dir())
        if candidates:
            self.start_burst(chance)
            self.count += 1
            source, target = chance.choice(candidates), self.root / f"back{self.count}"
            source.rename(target)
            for path in self.files_below(target):
                self.burst.replace(self.name(path))

    @rule(folder=folders, chance=chances)
    def remove_folder(self, folder: str, chance: random.Random) -> None:
        path = self.root / (folder or "d1")
        if path.is_dir() and not path.is_symlink():
            self.start_burst(chance)
            for file in self.files_below(path):
                self.burst.replace(self.name(file))
            shutil.rmtree(path)
