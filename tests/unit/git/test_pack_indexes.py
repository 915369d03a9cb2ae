"""Indexes of packs that are not what git wrote: git is not asked what commits have."""

from __future__ import annotations

from pathlib import Path

import pytest

from obsd.errors import Unavailable
from obsd.git import layout, means, pack_indexes
from obsd.git.commit_contents import read_contents
from obsd.git.layout import Layout
from tests.mutated_packs import mutated, packed
from tests.support import Repository


def where(folder: Path) -> Layout:
    found = layout.find(folder)
    assert found is not None
    return found


def test_a_whole_index_is_well_and_a_damaged_one_is_named(repository: Repository, short_tmp: Path) -> None:
    packed(repository, 5)
    assert pack_indexes.find_damage(where(repository.path)) == ""
    for kind, place in mutated(repository, short_tmp):
        assert pack_indexes.find_damage(where(place)).startswith("objects/pack/pack-"), kind


def test_an_index_with_longer_hashes_is_well(repository: Repository, short_tmp: Path) -> None:
    repository.git("init", "-q", "--object-format=sha256", str(short_tmp / "longer"))
    longer = Repository(short_tmp / "longer", repository.environment)
    packed(longer, 3)
    assert pack_indexes.find_damage(where(longer.path)) == ""


@pytest.mark.parametrize("way", means.MEANS)
def test_figures_are_true_or_none_by_any_means(repository: Repository, short_tmp: Path, way: means.Means) -> None:
    """git itself tells the figures of other commits where the offsets are those of other objects."""
    ids = packed(repository, 12)
    truth = dict(zip(ids, read_contents(where(repository.path), ids), strict=True))
    shuffled = [place for kind, place in mutated(repository, short_tmp) if kind.startswith("offsets_of_others")]
    assert shuffled
    try:
        for place in shuffled:
            means.begin(way)
            try:
                found = read_contents(where(place), ids)
            except Unavailable:
                continue
            for commit_id, contents in zip(ids, found, strict=True):
                assert contents.figures in (None, truth[commit_id].figures)
    finally:
        means.begin("libgit2")
