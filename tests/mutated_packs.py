"""Repositories whose pack index is damaged in ways that a disk or an enemy damages one; the packs are whole.

Owns the mutations (gitformat-pack(5): header, 256 counters, ids, checksums, offsets). Imports nothing of obsd's.
"""

from __future__ import annotations

import random
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support import Repository

COUNT = 24
_FANOUT, _IDS = 8, 8 + 4 * 256


def packed(repository: Repository, commits: int = 30) -> list[str]:
    """Makes commits and packs all; their ids, oldest first."""
    ids = []
    for number in range(commits):
        repository.write(f"d{number % 3}/f{number}.py", f"number = {number}\n" * (number % 5 + 1))
        ids.append(repository.commit(f"feat: number {number} of them"))
    repository.git("repack", "-adq")
    repository.git("prune-packed")
    return ids


def mutated(repository: Repository, folder: Path, count: int = COUNT) -> Iterator[tuple[str, Path]]:
    """Copies of a packed repository, each with another damaged index: what was done to it, and where it is."""
    [index] = (repository.path / ".git/objects/pack").glob("*.idx")
    for number in range(count):
        chance = random.Random(number)
        kind = _KINDS[number % len(_KINDS)]
        data = bytearray(index.read_bytes())
        kind(data, chance)
        copy = folder / f"damaged{number}"
        shutil.copytree(repository.path, copy)
        target = copy / index.relative_to(repository.path)
        target.chmod(0o644)
        target.write_bytes(data)
        yield f"{kind.__name__.lstrip('_')} {number}", copy


def _objects(data: bytearray) -> int:
    return int(struct.unpack_from(">I", data, _IDS - 4)[0])


def _offsets(data: bytearray) -> int:
    return _IDS + 24 * _objects(data)


def _huge_counter(data: bytearray, chance: random.Random) -> None:
    struct.pack_into(">I", data, _FANOUT + 4 * chance.randrange(256), chance.choice((1 << 31, (1 << 32) - 1, 70_000)))


def _huge_count(data: bytearray, chance: random.Random) -> None:
    struct.pack_into(">I", data, _IDS - 4, _objects(data) + chance.choice((1, 500, 1 << 30)))


def _offset_outside(data: bytearray, chance: random.Random) -> None:
    start = _offsets(data)
    for number in range(_objects(data)):
        struct.pack_into(">I", data, start + 4 * number, chance.choice((0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 1)))


def _offsets_of_others(data: bytearray, chance: random.Random) -> None:
    start, count = _offsets(data), _objects(data)
    values = list(struct.unpack_from(f">{count}I", data, start))
    chance.shuffle(values)
    struct.pack_into(f">{count}I", data, start, *values)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


def _zeros(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data))
    data[start : start + 600] = bytes(len(data[start : start + 600]))


def _noise(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(_FANOUT, len(data))
    data[start : start + 300] = chance.randbytes(len(data[start : start + 300]))


def _first_version(data: bytearray, chance: random.Random) -> None:
    data[: chance.choice((4, 8))] = b""


_KINDS: tuple[Callable[[bytearray, random.Random], None], ...] = (
    *(_huge_counter, _huge_count, _offset_outside, _offsets_of_others),
    *(_cut, _zeros, _noise, _first_version),
)
