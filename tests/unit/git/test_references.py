"""What references name, against git's own answer, with few and with very many of them."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from obsd.git import layout, references
from obsd.git.layout import Layout
from tests.support import Repository

_HEADER = "# pack-refs with: peeled fully-peeled sorted \n"


def where(repository: Repository) -> Layout:
    found = layout.find(repository.path)
    assert found is not None
    return found


def pack(repository: Repository, names: list[str], header: str = _HEADER, peeled: int = 3) -> dict[str, str]:
    """Writes packed-refs with an id of its own for each name; every so many have the commit of a tag behind them."""
    ids = {name: f"{number:040x}" for number, name in enumerate(names, 1)}
    with (repository.path / ".git/packed-refs").open("w", encoding="utf-8") as file:
        file.write(header)
        for number, name in enumerate(names):
            file.write(f"{ids[name]} {name}\n")
            if number % peeled == 0:
                file.write(f"^{'e' * 40}\n")
    return ids


@pytest.mark.parametrize("count", [0, 1, 50, 5_000, 40_000])
@pytest.mark.parametrize("sorted_", [True, False])
def test_each_packed_name_is_found_and_no_other(repository: Repository, count: int, sorted_: bool) -> None:
    chance = random.Random(count)
    names = {
        f"refs/{chance.choice('ab')}/{chance.getrandbits(60):x}{'y' * chance.randint(0, 60)}" for _ in range(count)
    }
    names |= {f"refs/tags/ü{number}" for number in range(min(count, 20))}
    listed = sorted(names, key=str.encode)
    header = _HEADER if sorted_ else "# pack-refs with: peeled \n"
    if not sorted_:
        chance.shuffle(listed)
    ids = pack(repository, listed, header, peeled=chance.randint(1, 5))
    asked = [*chance.sample(listed, min(count, 300)), *listed[:3], *listed[-3:]]
    assert [references.packed(where(repository), name) for name in asked] == [ids[name] for name in asked]
    for name in ("refs/a", "refs/zzz", "refs/0", "refs/b/", *(name + "x" for name in asked[:50])):
        assert references.packed(where(repository), name) == ""


def test_head_is_what_git_says(repository: Repository) -> None:
    first = repository.git("rev-parse", "HEAD")
    assert references.resolve(where(repository)) == first
    repository.git("pack-refs", "--all", "--prune")
    assert references.resolve(where(repository)) == first
    repository.git("checkout", "-q", "--detach")
    assert references.resolve(where(repository)) == first
    repository.git("checkout", "-q", "--orphan", "unborn")
    assert references.resolve(where(repository)) == ""
    repository.git("symbolic-ref", "refs/heads/link", "refs/heads/main")
    repository.git("symbolic-ref", "HEAD", "refs/heads/link")
    assert references.resolve(where(repository)) == repository.git("rev-parse", "HEAD") == first


def test_a_linked_worktree_has_a_head_of_its_own(repository: Repository, tmp_path: Path) -> None:
    repository.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    side = Repository(tmp_path / "side", repository.environment)
    side.commit("feat: beside")
    side.git("pack-refs", "--all", "--prune")
    assert references.resolve(where(side)) == side.git("rev-parse", "HEAD")
    assert references.resolve(where(repository)) == repository.git("rev-parse", "HEAD")


def test_a_stash_is_found_loose_and_packed(repository: Repository) -> None:
    assert references.resolve(where(repository), "refs/stash") == ""
    repository.write("README.md", "other\n")
    repository.git("stash")
    stash = repository.git("rev-parse", "refs/stash")
    assert references.resolve(where(repository), "refs/stash") == stash
    repository.git("pack-refs", "--all", "--prune")
    assert references.resolve(where(repository), "refs/stash") == stash


def fifo(place: Path) -> None:
    os.mkfifo(place)


def loop(place: Path) -> None:
    place.symlink_to(place)


def zeros(place: Path) -> None:
    place.write_text(_HEADER)
    os.truncate(place, 500 << 20)


def lines_without_names(place: Path) -> None:
    place.write_text(_HEADER + "x\n" * 500_000)


@pytest.mark.parametrize("plant", [fifo, loop, zeros, lines_without_names])
def test_what_is_no_list_of_references_is_unknown(repository: Repository, plant: object) -> None:
    repository.git("pack-refs", "--all", "--prune")
    (repository.path / ".git/packed-refs").unlink()
    assert callable(plant)
    plant(repository.path / ".git/packed-refs")
    assert references.resolve(where(repository)) is None


def test_names_that_lead_in_a_circle_or_out_are_unknown(repository: Repository) -> None:
    git = repository.path / ".git"
    (git / "refs/heads/main").write_text("ref: refs/heads/main\n")
    assert references.resolve(where(repository)) is None
    (git / "HEAD").write_text("ref: refs/../../outside\n")
    assert references.resolve(where(repository)) is None
    (git / "HEAD").write_text("ref: refs/heads/none\n")
    assert references.resolve(where(repository)) == ""


_ASK = (
    "import re, sys; from obsd.git import layout, references;"
    "print(references.resolve(layout.find(sys.argv[1]), sys.argv[2]));"
    "print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1])"
)


def test_two_million_references_take_no_memory(repository: Repository) -> None:
    names = [f"refs/heads/{number:040}" for number in range(2_000_000)]
    ids = pack(repository, names, peeled=1 << 30)
    name = names[1_234_567]
    asked = [sys.executable, "-c", _ASK, str(repository.path), name]
    found, kib = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    assert found == ids[name] == repository.git("rev-parse", name)
    assert int(kib) < 32 << 10, "of a file of 180 MB"
