"""`git blame` of a commit's file: read as git writes it, and nothing of the repository's runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from obsd.git import blame, layout
from obsd.git.blame import Blamed, parse, unquoted
from obsd.git.file_lines import read_lines
from obsd.git.file_text import Request
from obsd.git.layout import Layout
from tests.support import Repository, clean_environment

A, B = "a" * 40, "b" * 64


def found(repository: Repository) -> Layout:
    """The layout of a repository."""
    where = layout.find(repository.path)
    assert where is not None
    return where


def test_entries_are_read_whatever_a_subject_says() -> None:
    output = f"{A} 3 1 2\nauthor x\nsummary filename {A} 1 1 1\nfilename a.txt\n{B} 1 3 1\nboundary\nfilename b\n"
    assert list(parse(output.encode())) == [Blamed(0, 2, A, "a.txt", 2, False), Blamed(2, 1, B, "b", 0, True)]


@pytest.mark.parametrize(
    ("quoted", "name"),
    [
        (b"plain", b"plain"),
        (b'"a\\tb\\n\\"c\\\\ \\303\\251"', b'a\tb\n"c\\ \xc3\xa9'),
        (b'"', b'"'),
        (b'"open', b'"open'),
    ],
)
def test_a_name_in_quotes_is_the_name(quoted: bytes, name: bytes) -> None:
    assert unquoted(quoted) == name


@pytest.mark.parametrize("name", ["plain.txt", 'x "y\né\x1b.txt', ":(top)x", "-n"])
def test_renames_are_followed_under_any_name(repository: Repository, name: str) -> None:
    repository.write(name, "".join(f"{number}\n" for number in range(20)))
    first = repository.commit("feat: one")
    repository.git("mv", "--", name, "new.txt")
    repository.write("new.txt", "".join(f"{number}\n" for number in (*range(5), 99, *range(6, 20))))
    second = repository.commit("feat: two")
    blamed = blame.blame(found(repository), second, "new.txt")
    assert [(one.start, one.lines, one.commit_id, one.path) for one in blamed] == [
        (0, 5, first, name),
        (5, 1, second, "new.txt"),
        (6, 14, first, name),
    ]
    only = blame.blame(found(repository), second, "new.txt", [(4, 2)])
    assert [(one.start, one.lines) for one in only] == [(4, 1), (5, 1)]


def test_nothing_that_a_repository_configures_runs(repository: Repository, tmp_path: Path) -> None:
    repository.write("a.txt", "1\n2\n")
    repository.write(".gitattributes", "*.txt filter=evil diff=evil\n")
    repository.commit("feat: one")
    for key in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.textconv"):
        repository.git("config", key, f"touch '{tmp_path}/ran'; cat")
    repository.git("config", "diff.evil.command", f"touch '{tmp_path}/ran'")
    repository.git("config", "core.fsmonitor", f"touch '{tmp_path}/ran'")
    repository.write("a.txt", "1\nnew\n2\n")
    repository.write("staged.txt", "3\n")
    file = read_lines(Request(str(repository.path), "a.txt"))
    assert [(piece.start, piece.lines) for piece in file.pieces()] == [(0, 1), (2, 1)]
    assert read_lines(Request(str(repository.path), "staged.txt")).pieces() == []
    assert os.listdir(tmp_path) == []


def test_the_users_own_list_of_ignored_commits_is_no_obstacle(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.write("a.txt", "1\n")
    only = repository.commit("feat: one")
    config = tmp_path / "gitconfig"
    config.write_text("[blame]\n\tignoreRevsFile = .git-blame-ignore-revs\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(config.read_text())
    assert [one.commit_id for one in blame.blame(found(repository), only, "a.txt")] == [only]


def test_a_repository_that_libgit2_refuses_is_read_by_the_program(tmp_path: Path) -> None:
    repository = Repository(tmp_path / "sha256", clean_environment(tmp_path))
    git_dir = tmp_path / "sha256" / ".git"
    for path in sorted(git_dir.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    git_dir.rmdir()
    repository.git("init", "-q", "-b", "main", "--object-format=sha256")
    repository.git("config", "user.name", "Ada Lovelace")
    repository.git("config", "user.email", "ada@example.org")
    repository.write("a.txt", "1\n2\n")
    commit = repository.commit("feat: one")
    file = read_lines(Request(str(repository.path), "a.txt"))
    [piece] = file.pieces()
    assert (piece.commit_id, piece.content_id) == (commit, file.content_id)
    assert len(file.content_id) == 40
    assert [info.author_name for info in file.commits] == ["Ada Lovelace"]
