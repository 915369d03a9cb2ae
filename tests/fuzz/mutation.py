"""Mutations of inputs: bytes flipped, cut, doubled and spliced, and values at which parsers fail. Pure, by a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

_NASTY = (
    *(b"", b"\0", b"\n", b"\r\n", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"[" * 2000, b"*" * 40 + b"b", b"a" * 70_000),
    *(b"-1", b"0", b"9" * 30, b"1e999", b"nan", b"../" * 20, b"%s%n", b"\x1b]0;x\x07", b"\xe2\x80\xae"),
    *(n.to_bytes(8, "little") for n in (0, 1 << 31, (1 << 63) - 1, (1 << 64) - 1)),
)


def mutated(data: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """Another input, made of this one and, now and then, of another."""
    result = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        _MUTATIONS[chance.randrange(len(_MUTATIONS))](result, others, chance)
    return bytes(result[: 1 << 18])


def _flip(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(data))
    del data[start : start + chance.choice((1, 4, 100, 1 << 20))]


def _double(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(data))
    part = data[start : start + chance.choice((1, 8, 200))]
    data[start:start] = part * chance.choice((1, 2, 50))


def _plant(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(data))
    data[start : start + chance.choice((0, 0, 1, 8))] = chance.choice(_NASTY)


def _splice(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    other = chance.choice(others)
    data[chance.randint(0, len(data)) :] = other[chance.randint(0, len(other)) :]


def _scramble(data: bytearray, others: Sequence[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(data))
    data[start : start + 4] = chance.randbytes(4)


_MUTATIONS: tuple[Callable[[bytearray, Sequence[bytes], random.Random], None], ...] = (
    *(_flip, _cut, _double),
    *(_plant, _splice, _scramble),
)
