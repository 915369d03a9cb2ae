"""Values between the daemon and a reader: whatever is sent arrives, and an answer can be data alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from obsd.errors import NotFound, ObsdError
from obsd.facts import ReflogRead
from obsd.git.layout import Layout, find
from obsd.git.program import GitFailed
from obsd.git.reflog import Entry
from obsd.readers.values import decode, decode_error, encode, encode_error, name_of

NAMES = st.text(st.characters(), max_size=20) | st.binary(max_size=20).map(
    lambda raw: raw.decode("utf-8", "surrogateescape")
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | NAMES
VALUES = st.recursive(
    PLAIN
    | st.builds(Layout, NAMES.map(Path), NAMES.map(Path), NAMES.map(Path))
    | st.builds(ReflogRead, st.floats(0, 1e10), NAMES, NAMES, st.integers(), st.integers(), NAMES)
    | st.builds(Entry, NAMES, NAMES, NAMES, st.integers(), NAMES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(PLAIN, max_size=3)
        | st.dictionaries(PLAIN, inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_is_sent_arrives(value: Any) -> None:
    arrived = decode(json.loads(json.dumps(encode(value))))
    assert arrived == value
    assert type(arrived) is type(value)


@pytest.mark.parametrize(
    "forged",
    [
        {"of": "os:system", "fields": {"command": "true"}},
        {"of": "obsd.git.program:run", "fields": {}},
        {"of": "obsd.readers.pool:GitPool", "fields": {"troubled": None}},
        {"of": "obsd.git.layout:Layout", "fields": {"elsewhere": 1}},
        {"tuple": 1, "of": "obsd.git.layout:find"},
        {"map": [1]},
        {"other": 1},
        {"set": [{"map": []}]},
    ],
)
def test_an_answer_can_only_be_data(forged: Any) -> None:
    with pytest.raises(ValueError, match=r"no value|no dataclass"):
        decode(forged)


def test_what_does_not_travel_is_refused() -> None:
    with pytest.raises(TypeError, match="does not travel"):
        encode(object())
    with pytest.raises(TypeError, match="no function of a module"):
        name_of(lambda: None)
    assert name_of(find) == "obsd.git.layout:find"


def test_an_error_arrives_as_the_nearest_that_all_know() -> None:
    error = decode_error(encode_error(GitFailed("show", 128, "fatal: bad object")))
    assert (type(error), error.reason) == (ObsdError, "git_failed")
    missing = decode_error(encode_error(NotFound("unknown_commit", "message", "hint")))
    assert (type(missing), missing.message, missing.hint) == (NotFound, "message", "hint")
    with pytest.raises(ValueError, match="no error"):
        decode_error(["os", "a", "b", "c"])
