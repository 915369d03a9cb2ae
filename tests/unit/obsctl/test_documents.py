"""The documents name every fact, every field and every metric."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from obsd.facts import Fact
from obsd.views.metrics import catalog as table
from obsd.views.metrics.families import Family

DOCS = Path(__file__).resolve().parents[3] / "docs"


def row(document: str, name: str) -> list[str]:
    """The cells of the row of a table that begins with a name."""
    lines = (DOCS / document).read_text("utf-8").splitlines()
    found = [line for line in lines if line.startswith(f"| `{name}` |")]
    assert len(found) == 1, name
    return [cell.strip() for cell in found[0].split("|")[1:-1]]


@pytest.mark.parametrize("fact", Fact.__subclasses__(), ids=lambda fact: fact.__name__)
def test_every_fact_is_described_with_its_fields(fact: type[Fact]) -> None:
    own = [f"`{field.name}`" for field in fields(fact) if field.name not in ("at", "workspace")]
    assert row("facts.md", fact.__name__)[1] == ", ".join(own)


@pytest.mark.parametrize("family", table.FAMILIES, ids=lambda family: family.name)
def test_every_metric_is_described_with_its_labels(family: Family) -> None:
    cells = row("metrics.md", family.name)
    assert cells[1:3] == [family.kind, ", ".join(f"`{label}`" for label in family.labels)]
