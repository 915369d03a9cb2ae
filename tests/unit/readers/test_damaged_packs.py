"""Pack indexes damaged in 24 ways: whatever libgit2 and git make of them, a commit is shown as it is, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path

from obsd.errors import ObsdError
from obsd.git import layout
from obsd.git.commit_contents import Contents, read_contents
from obsd.git.layout import Layout
from obsd.git.numstat import Figures
from obsd.readers.pool import GitPool
from obsd.sources.fork_client import ForkClient
from tests.mutated_packs import COUNT, mutated, packed
from tests.support import Repository


def found(folder: Path) -> Layout:
    where = layout.find(folder)
    assert where is not None
    return where


def is_known_of(said: Figures | None, true: Figures | None) -> bool:
    """Whether each figure is the true one or unknown."""
    return said is None or all(one in (None, getattr(true, name)) for name, one in asdict(said).items())


async def read_all(places: list[Path], good: Path, ids: list[str]) -> list[list[Contents]]:
    """What is read of each place; of `good` after each of them."""
    forks = ForkClient(lambda: None)
    await forks.start()
    pool = GitPool(lambda path, text: None)
    pool.start(forks.read)
    results = []
    try:
        for place in places:
            try:
                results.append(await pool.run(str(place), read_contents, found(place), ids))
            except ObsdError:
                results.append([])
            assert all(one.info for one in await pool.run(str(good), read_contents, found(good), ids))
    finally:
        await pool.stop()
        await forks.stop()
    return results


def test_what_is_said_is_true_or_nothing_and_others_are_read(repository: Repository, short_tmp: Path) -> None:
    ids = packed(repository)
    truth = dict(zip(ids, read_contents(found(repository.path), ids), strict=True))
    assert all(one.info and one.figures for one in truth.values())
    kinds, places = zip(*mutated(repository, short_tmp), strict=True)
    results = asyncio.run(read_all(list(places), repository.path, ids))
    assert len(results) == COUNT
    for kind, said in zip(kinds, results, strict=True):
        for commit_id, contents in zip(ids, said, strict=False):
            assert contents.info in (None, truth[commit_id].info), f"{kind}: {commit_id} is told to be {contents.info}"
            assert is_known_of(contents.figures, truth[commit_id].figures), f"{kind}: {contents.figures}"
    # Each index was damaged: not everything can be read from it.
    assert all(not said or any(one != truth[id_] for id_, one in zip(ids, said, strict=True)) for said in results[2::8])
