"""What the helper and its users say to each other, and whom root's policy allows."""

from __future__ import annotations

import grp
import json
import os
import pwd
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.writers import policy
from obsd.writers.handover import (
    MAX_BYTES,
    MAX_DEVICES,
    Answer,
    BadMessage,
    Request,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from obsd.writers.policy import BadPolicy, Policy

DEVICES = st.lists(st.integers(0, 2**64), max_size=MAX_DEVICES, unique=True).map(tuple)


@given(DEVICES, st.booleans())
def test_a_request_arrives_as_it_was_sent(devices: tuple[int, ...], connector: bool) -> None:
    request = Request(devices, connector)
    data = encode_request(request)
    assert len(data) <= MAX_BYTES
    assert decode_request(data) == request


@pytest.mark.parametrize(
    "answer",
    [
        Answer((1, 2), True),
        Answer((7,), False, "why not"),
        Answer(reason="not_allowed", message="the policy allows others", hint="usermod"),
    ],
)
def test_an_answer_arrives_as_it_was_sent(answer: Answer) -> None:
    assert decode_answer(encode_answer(answer)) == answer


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": 2, "devices": []},
        {"version": 1},
        {"version": 1, "devices": "1"},
        {"version": 1, "devices": [True]},
        {"version": 1, "devices": [-1]},
        {"version": 1, "devices": [1, 1]},
        {"version": 1, "devices": list(range(MAX_DEVICES + 1))},
    ],
)
def test_what_is_no_request_is_refused(body: object) -> None:
    with pytest.raises(BadMessage):
        decode_request(json.dumps(body).encode())


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_nothing_that_comes_breaks_either_end(data: bytes) -> None:
    for decode in (decode_request, decode_answer):
        with pytest.raises(BadMessage):
            decode(data)


@pytest.mark.parametrize("error", [{}, {"reason": ""}, {"reason": 1, "message": "", "hint": ""}, {"reason": "x"}])
def test_an_error_without_words_is_no_answer(error: object) -> None:
    with pytest.raises(BadMessage):
        decode_answer(json.dumps({"version": 1, "error": error}).encode())


def test_without_a_file_the_members_of_the_group_may(tmp_path: Path) -> None:
    assert policy.read(tmp_path / "absent") == Policy(("obsd-writers",), ())


def test_names_of_users_and_groups_decide_and_root_always_may() -> None:
    me = pwd.getpwuid(os.geteuid())
    other = next(user for user in pwd.getpwall() if user.pw_uid not in (0, me.pw_uid))
    mine = grp.getgrgid(me.pw_gid).gr_name
    assert Policy((), (other.pw_name,)).allows(other.pw_uid, ())
    assert not Policy((), ()).allows(other.pw_uid, ())
    assert Policy((), ()).allows(0, ())
    assert Policy((mine,), ()).allows(other.pw_uid, (me.pw_gid,))
    assert Policy((grp.getgrgid(other.pw_gid).gr_name,), ()).allows(other.pw_uid, ())
    assert not Policy(("no-such-group",), ("no-such-user",)).allows(other.pw_uid, ())
    assert not Policy(("no-such-group",), ()).allows(2**31, ())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's files are believed")
@pytest.mark.parametrize(
    "text", ["groups = 1\n", "groups = [1]\n", "group = []\n", "groups = [\n", "[groups]\n", "\xff"]
)
def test_a_policy_that_is_not_understood_is_not_used(tmp_path: Path, text: str) -> None:
    file = tmp_path / "writers.conf"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(BadPolicy):
        policy.read(file)


def test_a_policy_that_others_could_have_written_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "writers.conf"
    file.write_text('groups = ["users"]\n')
    file.chmod(0o666)
    with pytest.raises(BadPolicy, match="written by others"):
        policy.read(file)
    if os.geteuid() == 0:
        file.chmod(0o644)
        assert policy.read(file) == Policy(("users",), ())
