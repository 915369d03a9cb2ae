"""Every seed, every input that ever failed and some hundred mutated ones, in each target of `make fuzz`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.targets import TARGETS, Target

CORPUS = Path(__file__).parent.parent.parent / "fuzz" / "corpus"


@pytest.mark.parametrize("target", TARGETS, ids=[target.name for target in TARGETS])
def test_a_target_takes_or_refuses_whatever_comes(target: Target) -> None:
    pool = [*target.seeds, *(path.read_bytes() for path in sorted((CORPUS / target.name).glob("*")))]
    chance = random.Random(target.name)
    tried = [*pool, *(mutated(chance.choice(pool), pool, chance) for _ in range(200))]
    for data in tried:
        target.run(data)  # raises for what it neither takes nor refuses
    assert len(set(tried)) > len(pool), "nothing was mutated"
