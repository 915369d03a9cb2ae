"""The rules of the state machine about what surrounds files: folders above, mounts, tools that keep times, hooks."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.integration.watching.changes import Changes, chances, folders, names, some_lines
from tests.integration.watching.model import Burst, visible

COPIES = {
    "cp": ["cp", "-a", "--", "{source}", "{target}"],
    "rsync": ["rsync", "-a", "--", "{source}", "{target}"],
    "rsync in place": ["rsync", "-a", "--inplace", "--ignore-times", "--", "{source}", "{target}"],
    "tar": ["sh", "-c", 'tar -C "$1" -cf - -- "$3" | tar -C "$2" -xf -', "sh", "{from}", "{to}", "./{name}"],
}
IN_PLACE = {"cp", "rsync in place"}

HOOK = """#!/bin/sh
git diff --binary >.git/unstaged
git checkout -q -- . || exit 1
{pause}
{linter}
{pause}
[ ! -s .git/unstaged ] || git apply .git/unstaged
"""


class Surroundings(Changes):
    """Most happen by themselves; a copy is a part of a burst as any write is."""

    # ----- tools that keep times

    @rule(folder=folders, name=names, tool=st.sampled_from(sorted(COPIES)), chance=chances)
    def copy_with_the_times_kept(self, folder: str, name: str, tool: str, chance: random.Random) -> None:
        """Of the size and the time that the file has, if it is there: only its time of change says so."""
        path = self.path(folder, name)
        if path.is_dir() or path.is_symlink() or shutil.which(COPIES[tool][0]) is None:
            return
        self.start_burst(chance)
        source = self.home / "copied" / name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(path.read_bytes()[::-1] if path.is_file() and chance.randrange(2) else some_lines(chance))
        times = path.stat() if path.is_file() else source.stat()
        os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
        path.parent.mkdir(parents=True, exist_ok=True)
        if tool not in IN_PLACE or not path.exists():
            self.burst.replace(self.name(path))
        values = {"source": source, "target": path, "from": source.parent, "to": path.parent, "name": name}
        subprocess.run([word.format(**values) for word in COPIES[tool]], check=True, capture_output=True)

    # ----- places

    @rule(chance=chances)
    def rename_a_folder_above(self, chance: random.Random) -> None:
        """What is done meanwhile is found when it is back; nothing is deleted while it is away."""
        self.check()
        above, elsewhere = self.root.parent, self.home / "elsewhere"
        above.rename(elsewhere)
        away = elsewhere / self.root.name
        for name in chance.sample(sorted(self.before), min(2, len(self.before))):
            (away / name).unlink()
            if chance.randrange(2):
                (away / name).write_bytes(some_lines(chance))
        self.rig.wait_state("failed")
        assert self.rig.received.changes == []
        elsewhere.rename(above)
        self.rig.wait_state("watching", "degraded")
        received = self.rig.settle()
        after = visible(self.repository)
        found = sorted((change.operation, change.path, change.previous) for change in received.changes)
        assert found == Burst().expected(self.before, after)
        self.before = after

    @rule(folder=folders, chance=chances)
    def mount(self, folder: str, chance: random.Random) -> None:
        """What is there then was there before, and what it hides is not gone; only root can try."""
        point, other = self.root / (folder or "d1"), self.home / "mounted"
        if os.geteuid() != 0 or not point.is_dir() or point.is_symlink() or (point / ".git").exists():
            return
        self.check()
        other.mkdir(exist_ok=True)
        (other / "was-there").write_bytes(some_lines(chance))
        if subprocess.run(["mount", "--bind", other, point], capture_output=True, check=False).returncode:
            return
        try:
            self._nothing_but_the_place_changed()
            (other / "was-there").write_bytes(b"written through the other name\n")
            (point / "new").write_bytes(some_lines(chance))
            self.start_burst(chance)
            self.burst.replace(self.name(point / "new"))
            if self.name(point / "was-there") in self.before:
                (point / "was-there").write_bytes(b"written\n")
            self.check()
        finally:
            subprocess.run(["umount", point], check=True)
            shutil.rmtree(other)
        self._nothing_but_the_place_changed()

    def _nothing_but_the_place_changed(self) -> None:
        after = visible(self.repository)
        self.rig.wait_for(lambda rig: set(rig.snapshot) == set(after))
        assert self.rig.settle().brief() == []
        self.before = after

    # ----- hooks

    @rule(linter=st.booleans(), slow=st.booleans(), chance=chances)
    def commit_a_part_under_a_hook(self, linter: bool, slow: bool, chance: random.Random) -> None:
        """The hook puts aside what is not staged, and brings it back behind a linter that changes a staged file."""
        self.check()
        git = self.repository.git
        tracked = [name for name in git("ls-files", "-z").split("\0") if (self.root / name).is_file()]
        plain = [name for name in tracked if name in self.before and not name.endswith("b.txt")]
        if not plain or git("ls-files", "-u") or git("diff", "--name-only", "--diff-filter=D"):
            return
        self.count += 1
        path = self.root / chance.choice(sorted(plain))
        lines = path.read_bytes()
        path.write_bytes(b"staged %d\n" % self.count + lines)
        git("add", "-f", "--", self.name(path))
        path.write_bytes(b"staged %d\n" % self.count + lines + b"\nnot staged %d\n" % self.count)
        self.check()
        pause = "sleep 0.4" if slow else ""
        self._commit_under(HOOK.format(pause=pause, linter=f"{self._linter(path)}" if linter else ""))
        received = self.settle()
        after = visible(self.repository)
        expected = [("modified", self.name(path), 1, 1)] if linter and after != self.before else []
        assert received.brief() == expected
        self.before = after

    def _linter(self, path: Path) -> str:
        script = self.home / "linter.py"
        script.write_text(
            "import os, sys\nbefore = open(sys.argv[1], 'rb').read()\ntemp = sys.argv[2]\n"
            "open(temp, 'wb').write(before.replace(b'staged', b'linted', 1))\nos.rename(temp, sys.argv[1])\n"
        )
        self.linted = path
        return f'python3 "{script}" "$LINTED" "{self.home}/linted"'

    def _commit_under(self, hook: str) -> None:
        file = self.repository.path / ".git/hooks/pre-commit"
        file.parent.mkdir(exist_ok=True)
        file.write_text(hook)
        file.chmod(0o755)
        environment = self.repository.environment | {"LINTED": str(getattr(self, "linted", ""))}
        command = ["git", "-C", str(self.root), "commit", "-q", "-m", "a part"]
        subprocess.run(command, env=environment, capture_output=True, check=False)
        file.unlink()
