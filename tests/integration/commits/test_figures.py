"""The figures of a commit against `git show --first-parent -m -M --numstat`, on every kind of commit."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.git import layout
from obsd.git import numstat as figures
from obsd.git.numstat import Figures, measure, parse_numstat
from obsd.git.repository import Repository as Objects
from tests.integration.commits.commit_rig import numstat
from tests.support import Repository

ROOT = Path(__file__).resolve().parents[3]


def check(path: Path, *, by_program: bool = False, at: Path | None = None) -> int:
    """Compares all commits of a repository with git; returns how many.

    `at` is a folder for a worktree in which each is checked out: attributes are those of the commit.
    """
    if at is not None:
        subprocess.run(["git", "-C", str(path), "worktree", "add", "-q", "--detach", str(at)], check=True)
    where = layout.find(path)
    assert where is not None
    objects = Objects(where)
    if by_program:
        objects.libgit2 = None
    commits = subprocess.run(
        ["git", "-C", str(path), "rev-list", "--all"], capture_output=True, check=True, text=True
    ).stdout.split()
    for commit in commits:
        info = objects.commit(commit)
        assert info is not None
        if at is not None:
            subprocess.run(["git", "-C", str(at), "checkout", "-q", "--detach", "--force", commit], check=True)
        assert measure(objects, info) == Figures(*numstat(at or path, commit)), f"{commit} {info.subject}"
    return len(commits)


def lines(count: int, seed: int = 0) -> str:
    source = random.Random(seed)
    return "".join(f"{source.random()}\n" for _ in range(count))


@pytest.mark.parametrize("by_program", [False, True], ids=["libgit2", "git"])
def test_all_kinds_of_commits(repository: Repository, by_program: bool) -> None:
    make_all_kinds(repository)
    assert check(repository.path, by_program=by_program, at=repository.path.parent / "at") > 20


def make_all_kinds(repository: Repository) -> None:
    """One commit, or some, of each kind that can be counted differently."""
    _renames_and_copies(repository)
    _modes_and_types(repository)
    _contents(repository)
    _attributes(repository)
    _submodule(repository)
    _merges(repository)


def _renames_and_copies(repository: Repository) -> None:
    repository.write("one.txt", lines(100))
    repository.write("two.txt", lines(100, 2))
    repository.commit("feat: two files")
    repository.git("mv", "one.txt", "exact.txt")
    repository.commit("refactor: an exact rename")
    repository.git("mv", "exact.txt", "changed.txt")
    repository.write("changed.txt", lines(100) + "more\n")
    repository.commit("refactor: a rename with a change")
    repository.git("mv", "changed.txt", "half.txt")
    repository.write("half.txt", "\n".join((lines(100) + "more\n").split("\n")[:52]) + lines(48, 9))
    repository.commit("refactor: a rename of half of it")
    repository.write("copy.txt", lines(100, 2))
    repository.write("two.txt", lines(100, 2) + "x\n")
    repository.commit("feat: a copy")
    for name in ("a.txt", "b.txt", "empty1", "empty2"):
        repository.write(name, "" if name.startswith("empty") else lines(20, 5))
    repository.commit("feat: twins and empty files")
    for name in ("a.txt", "b.txt", "empty1"):
        (repository.path / name).unlink()
    repository.write("c.txt", lines(20, 5))
    repository.write("empty3", "")
    repository.commit("refactor: one of the twins moves")


def _modes_and_types(repository: Repository) -> None:
    path = repository.write("run.sh", "#!/bin/sh\n")
    repository.commit("feat: a script")
    path.chmod(0o755)
    repository.commit("fix: a mode")
    path.chmod(0o644)
    repository.write("run.sh", "#!/bin/sh\nexit\n")
    repository.commit("fix: a mode and a line")
    os.symlink("run.sh", repository.path / "link")
    repository.commit("feat: a link")
    (repository.path / "link").unlink()
    os.symlink("two.txt", repository.path / "link")
    repository.commit("fix: another target")
    (repository.path / "link").unlink()
    repository.write("link", "a file now\n")
    repository.commit("fix: a change of type")


def _contents(repository: Repository) -> None:
    (repository.path / "binary").write_bytes(bytes(range(256)) * 10)
    repository.commit("feat: a binary file")
    (repository.path / "binary").write_bytes(bytes(range(256)) * 11)
    repository.commit("fix: a binary file")
    (repository.path / "crlf.txt").write_bytes(b"one\r\ntwo\r\nthree")
    repository.commit("feat: CRLF without a last line end")
    (repository.path / "crlf.txt").write_bytes(b"one\ntwo\r\nthree\r\n")
    repository.commit("fix: line ends")
    (repository.path / os.fsdecode(b"caf\xe9 \x01 \t.txt")).write_bytes(b"\xff\xfe latin \xe9\n")
    repository.write('quo"te\n and newline.txt', "x\n")
    repository.commit("feat: names of any bytes")
    repository.write("big.lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n")
    repository.commit("feat: an LFS pointer")
    repository.write("big.txt", lines(120_000))
    repository.commit("feat: a large file")
    for number in range(250):
        repository.write(f"many/{number}.txt", lines(3, number))
    repository.commit("feat: many files")
    repository.commit("chore: nothing at all")


def _attributes(repository: Repository) -> None:
    for name in ("t.nodiff", "t.bin", "t.forced", "t.custom", "t.lfs"):
        repository.write(name, lines(5))
    (repository.path / "t.forced").write_bytes(b"a\0b\nc\n")
    repository.commit("feat: before the attributes")
    repository.write(
        ".gitattributes",
        "*.nodiff -diff\n*.bin binary\n*.forced diff\n*.custom diff=upper\n"
        "*.lfs filter=lfs diff=lfs -text\n*.crlf text eol=crlf\n",
    )
    for name in ("t.nodiff", "t.bin", "t.custom", "t.lfs"):
        repository.write(name, lines(6, 1))
    (repository.path / "t.forced").write_bytes(b"a\0b\nc\nd\n")
    (repository.path / "t.crlf").write_bytes(b"1\r\n2\r\n")
    repository.commit("feat: with attributes")
    repository.git("config", "diff.upper.textconv", "tr a-z A-Z <")
    repository.git("config", "diff.upper.binary", "true")
    repository.write("t.custom", lines(9, 1))
    repository.commit("fix: a driver of its own")


def _submodule(repository: Repository) -> None:
    inner = Repository(repository.path / "inner", repository.environment)
    inner.write("i.txt", "i\n")
    inner.commit("feat: inner")
    repository.commit("feat: a submodule")
    inner.write("i.txt", "j\n")
    inner.commit("feat: more inner")
    repository.commit("fix: the submodule moves on")


def _merges(repository: Repository) -> None:
    base = repository.git("rev-parse", "HEAD")
    for name in ("left", "right", "third"):
        repository.git("checkout", "-q", "-b", name, base)
        repository.write(f"{name}.txt", lines(10, len(name)))
        repository.commit(f"feat: {name}")
    repository.git("checkout", "-q", "left")
    repository.git("merge", "-q", "--no-edit", "right")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-edit", "--no-ff", "left")
    repository.git("checkout", "-q", "-b", "octopus", "third")
    repository.git("merge", "-q", "--no-edit", "left", "main")
    repository.git("checkout", "-q", "main")


@pytest.mark.parametrize("setting", ["diff.algorithm=histogram", "diff.renameLimit=1", "diff.renames=copies"])
def test_settings_of_the_repository(repository: Repository, setting: str) -> None:
    repository.git("config", *setting.split("="))
    _renames_and_copies(repository)
    repository.write("half.txt", "a\nb\nc\na\nb\nb\na\n")
    repository.commit("feat: one")
    repository.write("half.txt", "c\nb\na\nb\na\nc\n")
    repository.commit("feat: two")
    assert check(repository.path) > 2


def test_this_projects_own_history() -> None:
    if layout.find(ROOT) is None:
        pytest.skip("not a clone")
    assert check(ROOT) > 0


def test_generated_histories(make_repository: Callable[[str], Repository]) -> None:
    source = random.Random(7)
    made = make_repository("generated")
    for step in range(60):
        random_change(made, source)
        made.commit(f"feat: step {step}")
    assert check(made.path) == 60


def random_change(made: Repository, source: random.Random) -> None:
    """Adds, edits, moves and deletes some files."""
    present = sorted(path for path in made.path.iterdir() if path.is_file())
    for _ in range(source.randint(1, 4)):
        choice = source.choice(["add", "edit", "edit", "move", "delete"]) if present else "add"
        name = f"{source.randint(0, 30)}.txt"
        if choice == "add":
            made.write(name, lines(source.randint(0, 30), source.randint(0, 5)))
        elif (path := source.choice(present)).exists():
            if choice == "delete":
                path.unlink()
            elif choice == "move":
                path.rename(made.path / name)
            else:
                kept = path.read_text().splitlines(keepends=True)
                source.shuffle(kept)
                path.write_text(
                    "".join(kept[: source.randint(0, 40)]) + lines(source.randint(0, 9), source.randint(0, 99))
                )


@pytest.mark.parametrize(
    "setting",
    ["partialclone", "worktreeConfig", "unknown"],
    ids=["partial clone", "worktree config", "unknown"],
)
def test_extensions_that_libgit2_may_refuse(repository: Repository, setting: str) -> None:
    repository.write("a.txt", "1\n2\n")
    repository.commit("feat: a")
    repository.git("config", "core.repositoryFormatVersion", "1")
    if setting == "unknown":
        repository.git("config", "remote.origin.promisor", "true")
    value = {"partialclone": "origin", "worktreeConfig": "true"}.get(setting)
    if value:
        repository.git("config", f"extensions.{setting}", value)
    assert check(repository.path) == 2


def test_sha256(short_tmp: Path, repository: Repository) -> None:
    path = short_tmp / "sha256"
    path.mkdir()
    repository.git("init", "-q", "-b", "main", "--object-format=sha256", str(path))
    for name in ("user.name", "user.email"):
        repository.git("-C", str(path), "config", name, "x")
    (path / "a.txt").write_text("1\n")
    repository.git("-C", str(path), "add", "-A")
    repository.git("-C", str(path), "commit", "-q", "-m", "feat: a longer id")
    (path / "a.txt").write_text("1\n2\n")
    repository.git("-C", str(path), "commit", "-q", "-a", "-m", "feat: again")
    assert check(path) == 2


def test_numstat_with_names_of_any_bytes() -> None:
    assert parse_numstat(b"1\t2\ta\tb\n\x00-\t-\tbin\x003\t0\t\x00old\x00new\x00") == Figures(4, 2, 3)
    assert parse_numstat(b"") == Figures()


def test_nothing_of_the_repository_runs(repository: Repository, short_tmp: Path) -> None:
    """External diffs, text conversion, fsmonitor and signatures are commands that a repository may set."""
    proof = short_tmp / "ran"
    repository.write(".gitattributes", "* diff=evil\n")
    repository.write("a.txt", "1\n")
    commit = repository.commit("feat: bait")
    for name in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor", "gpg.program"):
        repository.git("config", name, f"touch {proof}; false")
    repository.git("config", "log.showSignature", "true")
    where = layout.find(repository.path)
    assert where is not None
    objects = Objects(where)
    objects.libgit2 = None
    info = objects.commit(commit)
    assert info is not None
    assert measure(objects, info).files_changed == 2
    assert not proof.exists()


def test_limits_are_where_git_takes_over(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("a.txt", lines(10))
    repository.write("b.txt", lines(10, 1))
    repository.commit("feat: two files")
    for name in ("MAX_FILES", "MAX_BYTES"):
        with monkeypatch.context() as patch:
            patch.setattr(figures, name, 1)
            assert check(repository.path) == 2


@pytest.mark.parametrize("place", ["info", "setting"])
def test_attributes_outside_the_tree(repository: Repository, place: str) -> None:
    file = repository.path / ".git" / ("info/attributes" if place == "info" else "of-the-user")
    file.write_text("*.dat -diff\n")
    if place == "setting":
        repository.git("config", "core.attributesFile", str(file))
    repository.write("a.dat", "1\n")
    assert numstat(repository.path, repository.commit("feat: no lines")) == (0, 0, 1)
    assert check(repository.path) == 2
