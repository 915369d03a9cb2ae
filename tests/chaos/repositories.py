"""Hostile repositories beside a good one: special files, configurations that run something, another user's `.git`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.chaos.arena import Arena, need_root, require_commits, require_quiet
from tests.support import Daemon, Repository, wait_until

_FILES = (
    *("HEAD", "config", "index", "commondir", "packed-refs", "shallow", "logs/HEAD", "refs/heads/main", "info/exclude"),
    *("info/attributes", "info/grafts", "objects/info/alternates", "objects/pack/x.idx", "rebase-merge/head-name"),
    *("refs/stash", "../.gitignore", "../.gitattributes", "../.gitmodules", "../.mailmap", "hooks/post-commit"),
    *("objects/info/commit-graph", "objects/info/commit-graphs/commit-graph-chain", "objects/pack/multi-pack-index"),
    *("worktrees/x/gitdir", "modules/m/HEAD", "refs/remotes/origin/HEAD", "config.worktree", "info/sparse-checkout"),
    *("MERGE_HEAD", "index.lock", "reftable/tables.list", "refs/notes/ai"),
)
_OTHER_USER = 65533


def _fifo(place: Path) -> None:
    os.mkfifo(place)


def _endless(place: Path) -> None:
    place.symlink_to("/dev/zero")


def _huge(place: Path) -> None:
    place.touch()
    os.truncate(place, 3 << 30)


def _folder(place: Path) -> None:
    place.mkdir()


def _loop(place: Path) -> None:
    place.symlink_to(place)


def _noise(place: Path) -> None:
    place.write_bytes(os.urandom(5000))


_PLANTS: tuple[Callable[[Path], None], ...] = (_fifo, _endless, _huge, _folder, _loop, _noise)


def special_files(arena: Arena) -> None:
    """One file of a repository is none: the good one's commits count, status answers, and obsd ends when told to."""
    daemon = Daemon(arena.home()).start()
    good = arena.repository("good")
    daemon.add(good.path, "good")
    ids: list[str] = []
    number = 0
    while arena.on():
        number += 1
        evil = arena.repository(f"evil{number}")
        known = daemon.obsctl("add-workspace", str(evil.path), "--no-hooks").code == 0
        name, plant = arena.chance.choice(_FILES), arena.chance.choice(_PLANTS)
        _plant(evil, name, plant)
        with suppress(OSError):
            _touch_log(evil)
        ids.append(good.commit(f"feat: number {number} of the good"))
        require_commits(daemon, "good", ids)
        assert daemon.obsctl("status", timeout=20).code == 0, f"{name}: status fails"
        if number % 8 == 0:
            daemon.restart()
        if known:
            daemon.obsctl("remove-workspace", f"evil{number}")
        arena.done[plant.__name__.lstrip("_")] += 1
    require_commits(daemon, "good", ids)
    require_quiet(daemon)
    assert daemon.stop() == 0


def _plant(evil: Repository, name: str, plant: Callable[[Path], None]) -> None:
    place = evil.path / ".git" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(place):
        place.rename(place.with_name(place.name + ".was"))
    plant(place)


def _touch_log(evil: Repository) -> None:
    descriptor = os.open(evil.path / ".git/logs/HEAD", os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOFOLLOW)
    os.write(descriptor, f"{'a' * 40} {'b' * 40} E <e@f> {int(time.time())} +0000\tcommit: x\n".encode())
    os.close(descriptor)


def configurations(arena: Arena) -> None:
    """Nothing that a repository's configuration names is run, and nothing outside it is believed."""
    daemon = Daemon(arena.home(), "[rules]\nuncommitted_files = 1\ntests_with_source = true\n").start()
    canary = arena.folder / "canary"
    script = arena.folder / "script"
    script.write_text(f"#!/bin/sh\ntouch {canary}\ncat\n")
    script.chmod(0o755)
    names = (
        *("core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "filter.x.clean", "filter.x.process"),
        *("diff.x.command", "diff.x.textconv", "gpg.program", "core.editor", "credential.helper"),
        "core.alternateRefsCommand",
    )
    number = 0
    while arena.on():
        number += 1
        evil = arena.repository(f"evil{number}")
        for name in names:
            evil.git("config", name, str(script))
        evil.git("config", "log.showSignature", "true")
        evil.write(".gitattributes", "*.py filter=x diff=x\n")
        daemon.add(evil.path, f"evil{number}", "--no-hooks")
        # git itself runs the filters when it commits: it is given none of the configuration.
        (evil.path / ".git/config").rename(arena.folder / "config")
        evil.write("a.py", "one\n")
        commit_id = evil.commit("feat: one of the hostile", **_AUTHOR)
        (arena.folder / "config").rename(evil.path / ".git/config")
        evil.write("b.py", "two\n")
        canary.unlink(missing_ok=True)
        require_commits(daemon, f"evil{number}", [commit_id])
        daemon.settle(f"evil{number}")
        time.sleep(1)  # the rules have been evaluated: nothing tells when
        assert not canary.exists(), "something that a repository named was run"
        arena.done["configurations"] += 1
    require_quiet(daemon)
    daemon.stop()


_AUTHOR = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "a@b",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "a@b",
}


def other_users(arena: Arena) -> None:
    """Another user's `.git` in a folder above a plain workspace hides nothing of it."""
    need_root()
    daemon = Daemon(arena.home()).start()
    number = 0
    while arena.on():
        number += 1
        above = Repository(arena.folder / f"above{number}", daemon.environment)
        above.write(".gitignore", "*\n")
        plain = above.path / "plain"
        plain.mkdir()
        for folder, folders, files in os.walk(above.path):
            for name in (*folders, *files):
                if name != "plain":
                    os.lchown(Path(folder) / name, _OTHER_USER, _OTHER_USER)
        daemon.add(plain, f"plain{number}", "--no-hooks")
        (plain / "a.py").write_text("one\n")
        name = f"plain{number}"
        wait_until(
            lambda name=name: daemon.scrape().sum("copilot_files_modified_total", workspace=name) == 1,  # type: ignore[misc]
            "a file that another user's rules do not hide",
        )
        arena.done["other users"] += 1
    require_quiet(daemon)
    daemon.stop()
