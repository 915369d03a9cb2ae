"""The walk of what differs between two trees finds what git finds."""

import os
import subprocess
from pathlib import Path

import pygit2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obsd.git import tree_changes
from tests import support

FILES = st.dictionaries(
    st.sampled_from(["a", "b/c", "b/d/e", "b/d/f", "b.c", "g/h/i/j", "k-", "ü/ü", "z"]),
    st.tuples(st.sampled_from(["100644", "100755", "120000", "160000"]), st.sampled_from("123")),
)


@pytest.fixture(scope="module", name="repository")
def _repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("trees")
    _git(folder, "init", "-q")
    return folder


def _git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    environment = support.clean_environment(folder.parent)
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, input=given, check=True, capture_output=True
    ).stdout


def _tree(folder: Path, files: dict[str, tuple[str, str]]) -> str:
    """Writes a tree with an entry for each path: its mode, and a digit for its content."""
    (folder / ".git" / "index").unlink(missing_ok=True)
    blobs = {
        digit: _git(folder, "hash-object", "-w", "--stdin", given=digit.encode()).decode().strip() for digit in "123"
    }
    lines = "".join(f"{mode} {blobs[digit]}\t{name}\0" for name, (mode, digit) in files.items())
    _git(folder, "update-index", "-z", "--index-info", given=os.fsencode(lines))
    return _git(folder, "write-tree").decode().strip()


def _by_git(folder: Path, old: str, new: str) -> set[tuple[bytes, str, str]]:
    fields = _git(folder, "diff-tree", "-r", "--raw", "--no-renames", "-z", old, new).split(b"\0")
    found = set()
    for raw, path in zip(fields[::2], fields[1::2], strict=False):
        _, _, before, after, _ = raw.decode().split(" ")
        found.add((path, before, after))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=FILES, other=FILES)
def test_the_walk_finds_what_git_finds(
    repository: Path, one: dict[str, tuple[str, str]], other: dict[str, tuple[str, str]]
) -> None:
    old, new = _tree(repository, one), _tree(repository, other)
    libgit2 = pygit2.Repository(str(repository))
    found = list(tree_changes.between(libgit2[old].peel(pygit2.Tree), libgit2[new].peel(pygit2.Tree)))

    assert {(change.path, change.before_id, change.after_id) for change in found} == _by_git(repository, old, new)
    assert len(found) == len({change.path for change in found})


def test_equal_subtrees_are_not_read(repository: Path) -> None:
    old = _tree(repository, {"same/deep/file": ("100644", "1"), "a": ("100644", "1")})
    new = _tree(repository, {"same/deep/file": ("100644", "1"), "a": ("100644", "2")})
    same = _git(repository, "rev-parse", f"{new}:same").decode().strip()
    stored = repository / ".git" / "objects" / same[:2] / same[2:]
    stored.unlink()
    libgit2 = pygit2.Repository(str(repository))

    found = tree_changes.between(libgit2[old].peel(pygit2.Tree), libgit2[new].peel(pygit2.Tree))

    assert [change.path for change in found] == [b"a"]
