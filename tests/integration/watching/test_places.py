"""Folders that change without an event of their name, and files that have several: mounts, nested repositories, git
directories of other names, hard links, letter case."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from obsd.watcher.protocol import Settings, encode, encode_settings
from tests.integration.watching.watched_folders import fill
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Repository, clean_environment

Watch = Callable[..., WatcherRig]

STRANGER = 65533


@pytest.fixture
def mounted() -> Iterator[Callable[[Path, Path], None]]:
    """Binds a folder over another; undone afterwards."""
    points: list[Path] = []

    def mount(source: Path, point: Path) -> None:
        if subprocess.run(["mount", "--bind", source, point], capture_output=True, check=False).returncode:
            pytest.skip("mounting is not allowed here")
        points.append(point)

    yield mount
    for point in points:
        subprocess.run(["umount", point], capture_output=True, check=False)


def test_a_mount_comes_and_goes(watch: Watch, folder: Path, short_tmp: Path, mounted: Callable[..., None]) -> None:
    fill(folder, 1, 2)
    other = short_tmp / "other"
    (other / "below").mkdir(parents=True)
    (other / "was-there").write_text("one\n")
    rig = watch(folder)
    mounted(other, folder / "a0")
    rig.wait_for(lambda rig: "a0/was-there" in rig.snapshot)
    assert rig.settle().brief() == []
    (folder / "a0/below/new").write_text("one\n")
    (folder / "a0/was-there").write_text("one\ntwo\n")
    assert rig.settle().brief() == [("created", "a0/below/new", 1, 0), ("modified", "a0/was-there", 1, 0)]
    subprocess.run(["umount", folder / "a0"], check=True)
    rig.wait_for(lambda rig: "a0/b/c/f0" in rig.snapshot)
    assert rig.settle().brief() == []
    (folder / "a0/b/c/f0").write_text("one\n")
    assert rig.settle().brief() == [("modified", "a0/b/c/f0", 0, 1)]


def test_a_nested_repository_that_stops_being_one(watch: Watch, repository: Repository, short_tmp: Path) -> None:
    root = repository.path
    (root / "app").mkdir()
    (root / "app/f").write_text("one\n")
    rig = watch(root)
    repository.git("init", "-q", str(root / "app"))
    assert rig.settle().brief() == []
    (root / "app/f").write_text("not ours\n")
    assert rig.settle().brief() == []
    shutil.rmtree(root / "app/.git")
    assert rig.settle().brief() == []
    (root / "app/f").write_text("not ours\nours\n")
    (root / "app/new").write_text("one\n")
    assert rig.settle().brief() == [("created", "app/new", 1, 0), ("modified", "app/f", 1, 0)]


def test_a_template_that_is_cloned_and_cut_off(watch: Watch, repository: Repository, short_tmp: Path) -> None:
    root = repository.path
    environment = clean_environment(short_tmp)
    source = Repository(short_tmp / "template", environment)
    source.write("deep/a", "one\n")
    source.commit("feat: a template")
    rig = watch(root)
    repository.git("clone", "-q", str(source.path), str(root / "tpl"))
    rig.settle()
    shutil.rmtree(root / "tpl/.git")
    rig.settle()
    (root / "tpl/deep/a").write_text("by an agent\n")
    assert rig.settle().brief() == [("modified", "tpl/deep/a", 1, 1)]


def test_a_clone_that_is_deleted_and_cloned_again(watch: Watch, repository: Repository, short_tmp: Path) -> None:
    """Somebody deletes the files, be `.git` the first to go or the last; git writes them."""
    root, source = repository.path, short_tmp / "source"
    for number in range(200):
        repository.write(f"d{number % 5}/f{number}", "one\n")
    repository.commit("feat: files to lose")
    files = len(repository.git("ls-files").splitlines())
    subprocess.run(["git", "clone", "-q", "--bare", root, source], check=True)
    rig = watch(root)
    subprocess.run(["rm", "-rf", root], check=True)
    rig.wait_for(lambda rig: len(rig.received.changes) >= files)
    rig.wait_state("failed")
    assert (rig.received.operations(), rig.received.git) == ({"deleted": files}, {})
    rig.received.changes.clear()
    subprocess.run(["git", "clone", "-q", source, root], check=True)
    rig.wait_for(lambda rig: rig.received.git.total() >= files)
    rig.wait_state("watching")
    received = rig.settle()
    assert (received.changes, received.git.total()) == ([], files)


def test_a_git_directory_of_another_name(watch: Watch, folder: Path, short_tmp: Path) -> None:
    environment = clean_environment(short_tmp)

    def git(*arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True)

    git("init", "-q", "--bare", ".bare")
    (folder / ".git").write_text("gitdir: ./.bare\n")
    rig = watch(folder, settle_seconds=0.5)
    git("init", "-q", "--separate-git-dir", str(folder / "data.git"), str(folder / "apart"))
    git("init", "-q", "--bare", "deep/server.git")
    git("--git-dir=deep/server.git", "config", "x.y", "z")
    (folder / "deep/seen").write_text("one\n")
    assert rig.settle().brief() == [("created", "deep/seen", 1, 0)]
    git("--git-dir=.bare", "config", "x.y", "z")
    assert rig.settle().brief() == []


def test_a_git_directory_in_the_making(watch: Watch, folder: Path, tmp_path: Path) -> None:
    """`git init` copies its templates first; a slow one is not overtaken."""
    rig = watch(folder)
    git = tmp_path / "git"
    git.write_text(
        "#!/bin/sh\ncd $2; for name in hooks/a-b.sample description info/exclude config HEAD; do\n"
        '[ "${name%/*}" = $name ] || mkdir ${name%/*}; echo x >$name; sleep 0.4; done; mkdir objects refs\n'
    )
    git.chmod(0o755)
    (folder / "server.git").mkdir()
    subprocess.run([git, "init", folder / "server.git"], check=True, stderr=subprocess.DEVNULL)
    assert rig.settle().brief() == []
    assert rig.snapshot == {}


def test_two_names_of_one_file_change_together(watch: Watch, folder: Path) -> None:
    (folder / "a").write_text("one\n")
    (folder / "d").mkdir()
    os.link(folder / "a", folder / "d/b")
    rig = watch(folder)
    with open(folder / "a", "a") as file:
        file.write("two\n")
    assert rig.settle().brief() == [("modified", "a", 1, 0), ("modified", "d/b", 1, 0)]
    os.link(folder / "a", folder / "c")
    assert rig.settle().brief() == [("created", "c", 2, 0)]
    (folder / "c").rename(folder / "d/moved")
    assert rig.settle().operations() == {"renamed": 1}
    with open(folder / "a", "a") as file:
        file.write("three\n")
    assert rig.settle().operations() == {"modified": 3}


def test_rules_where_letter_case_does_not_matter(watch: Watch, repository: Repository) -> None:
    repository.git("config", "core.ignorecase", "true")
    repository.write(".gitignore", "*.LOG\nBuild/\n")
    rig = watch(repository.path)
    repository.write("build/o", "x\n")
    repository.write("x.log", "x\n")
    repository.write("seen", "x\n")
    assert rig.settle().brief() == [("created", "seen", 1, 0)]


def test_paths_that_are_too_long_are_said(watch: Watch, folder: Path) -> None:
    here = os.open(folder, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    rig = watch(folder)
    assert rig.state["state"] == "degraded"
    assert "too long" in rig.state["detail"]


def test_a_probe_before_the_start_waits_for_it(folder: Path, short_tmp: Path) -> None:
    ours, theirs = socket.socketpair()
    code = "import socket, sys; from obsd.watcher import main; main.run(socket.socket(fileno=int(sys.argv[1])))"
    process = subprocess.Popen([sys.executable, "-c", code, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    try:
        ours.settimeout(60)
        settings = Settings(str(folder), str(short_tmp / "probe"), 0.05, 0.5, 1 << 20, 1 << 20)
        ours.sendall(encode("probe", "early") + encode_settings(replace(settings)))
        received = b""
        while b'"probed"' not in received:
            received += ours.recv(65536)
        assert b'["probed","early"]' in received
    finally:
        ours.close()
        process.wait(60)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("owner", "folders_owner", "declared", "believed"),
    [
        (STRANGER, 0, "", False),
        (STRANGER, 0, "{above}", True),
        (STRANGER, 0, "*", True),
        (STRANGER, 0, "/elsewhere", False),
        (STRANGER, STRANGER, "", True),
        (0, 0, "", True),
    ],
)
def test_a_repository_above_is_believed_by_gits_rule(
    make_rig: Callable[..., WatcherRig],
    make_repository: Callable[[str], Repository],
    owner: int,
    folders_owner: int,
    declared: str,
    believed: bool,
) -> None:
    """In a folder where everybody writes, anybody could hide others' files by a repository that ignores all."""
    above = make_repository("above")
    above.write(".gitignore", "*.py\n")
    for folder, folders, files in os.walk(above.path):
        for name in (".", *folders, *files):
            os.lchown(Path(folder, name), owner, owner)
    plain = above.path / "plain"
    rig = make_rig(plain)
    os.chown(plain, folders_owner, folders_owner)
    rig.scratch.mkdir()
    (rig.scratch / ".gitconfig").write_text(f'[safe]\n\tdirectory = "{declared.format(above=above.path)}"\n')
    rig.start()
    (plain / "a.py").write_text("one\n")
    (plain / "b.txt").write_text("one\n")
    seen = {change.path for change in rig.settle().changes}
    assert seen == ({"b.txt"} if believed else {"a.py", "b.txt"})
