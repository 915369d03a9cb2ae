"""An index read after another one has the entries that it has when it is read alone."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from obsd.watcher import index_file
from tests import support

NAMES = st.sampled_from([*(f"d{n // 5}/f{n}" for n in range(40)), "a", "zz", "é" * 5000])
INDEXES = st.dictionaries(NAMES, st.tuples(st.sampled_from("abc"), st.sampled_from([0, 1])), max_size=45)


@pytest.fixture(scope="module", name="repository")
def _repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("index")
    _git(folder, "init", "-q")
    return folder


def _git(folder: Path, *arguments: str, given: str = "") -> None:
    home = folder.parent
    environment = support.clean_environment(home)
    subprocess.run(["git", *arguments], cwd=folder, env=environment, input=os.fsencode(given), check=True)


def _write(folder: Path, entries: dict[str, tuple[str, int]]) -> None:
    """Writes the index with git: a content's letter and a stage for each name; a stage of 1 makes two entries of it."""
    (folder / ".git" / "index").unlink(missing_ok=True)
    stages = (
        (name, letter, stage)
        for name, (letter, conflict) in entries.items()
        for stage in ((1, 3) if conflict else (0,))
    )
    lines = "".join(f"100644 {letter * 40} {stage}\t{name}\0" for name, letter, stage in stages)
    _git(folder, "update-index", "-z", "--index-info", given=lines)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=INDEXES, other=INDEXES)
def test_an_index_read_after_another(
    repository: Path, one: dict[str, tuple[str, int]], other: dict[str, tuple[str, int]]
) -> None:
    path = repository / ".git" / "index"
    _write(repository, one)
    before = index_file.load(path, 20)
    _write(repository, other)
    alone, after = index_file.load(path, 20), index_file.load(path, 20, before)

    assert list(after.names()) == list(alone.names())
    assert [after.entry(name) for name in alone.names()] == [alone.entry(name) for name in alone.names()]
    differing = set(before.names()) ^ set(after.names())
    if after.touched is not None:
        assert differing <= after.touched
        in_conflict = {os.fsencode(name) for found in (one, other) for name, (_, stage) in found.items() if stage}
        assert after.touched - in_conflict <= differing
    else:
        assert not (one and other)


def test_a_file_added_among_many_is_the_one_that_came(repository: Path) -> None:
    many = {f"folder/file-{number:05}": ("a", 0) for number in range(20_000)}
    _write(repository, many)
    path = repository / ".git" / "index"
    before = index_file.load(path, 20)
    _write(repository, many | {"folder/file-07000-new": ("b", 0)})

    after = index_file.load(path, 20, before)

    assert after.touched == {b"folder/file-07000-new"}
    assert list(after.names()) == list(index_file.load(path, 20).names())
