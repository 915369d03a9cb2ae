"""The schemas of `--json`, the reference that is made of them, and one example for each object."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from obsctl import fact_lines
from obsctl.schema import json_schema
from obsctl.schema.kinds import KINDS
from obsctl.verbs import VERBS
from tests.unit.packaging.test_manual import generator

generate = generator("reference")

SILENT = {"schema"}
"""Verbs that print no object of their own."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_a_schema_and_its_example_is_of_it(kind: str) -> None:
    schema = json_schema.of_verb(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    examples: dict[str, Any] = json.loads(generate.EXAMPLES.read_text("utf-8"))
    assert examples[kind]["kind"]
    jsonschema.validate(examples[kind], schema)


def test_every_verb_has_a_schema() -> None:
    assert set(VERBS) - SILENT <= set(KINDS)


def test_the_reference_is_as_the_types_have_it() -> None:
    assert generate.PAGE.read_text("utf-8") == generate.page(), "packaging/reference/generate.py writes it"


def test_a_key_that_is_not_in_the_types_is_found() -> None:
    schema = json_schema.of_verb("version")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"schema_version": 1, "kind": "version", "version": "1", "daemon_version": None, "more": 1}, schema
        )


def test_a_fact_has_the_fields_of_its_kind() -> None:
    fact = {"kind": "SessionStarted", "at": "2026-11-26T21:02:23.912Z", "workspace": "w", "session_id": "1"}
    jsonschema.validate(fact, json_schema.of_verb("tail"))
    assert fact_lines.line(fact, 0.0).endswith("session started")


def test_documents_point_to_the_reference() -> None:
    docs = Path(generate.PAGE).parent
    assert "json.md" in (docs / "obsctl.md").read_text("utf-8")
