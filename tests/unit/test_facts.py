"""Facts carry what others must know of their kind, in class attributes that `Fact` declares."""

from __future__ import annotations

from dataclasses import fields

import pytest

import obsd.facts.telemetry  # noqa: F401 - its facts are of the vocabulary
from obsd.facts import Fact

KINDS = Fact.__subclasses__()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_kind_sets_no_attribute_that_nobody_reads(kind: type[Fact]) -> None:
    own = {name for name in vars(kind) if not name.startswith("_")} - {field.name for field in fields(kind)}
    assert own <= {name for name in vars(Fact) if not name.startswith("_")}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_in_the_record_is_written(kind: type[Fact]) -> None:
    assert kind.stored or not (kind.recorded or kind.essential or kind.own_table)
    assert kind.recorded or not kind.own_table
