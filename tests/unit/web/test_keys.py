"""Tokens and cookies: for one user, one use, a time, and by nobody else's making."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.web import secret
from obsd.web.keys import COOKIE_SECONDS, MAX_TOKENS, TOKEN_SECONDS, Keys

NOW = 1_800_000_000.0
ADA, BOB, ROOT = 1000, 1001, 0


@pytest.fixture
def keys() -> Keys:
    return Keys(b"s" * 32)


def cookie_of(keys: Keys, user: int = ADA) -> str:
    cookie = keys.redeem(keys.issue(user, NOW), user, NOW)
    assert cookie is not None
    return cookie


def test_a_token_is_good_once(keys: Keys) -> None:
    token = keys.issue(ADA, NOW)
    cookie = keys.redeem(token, ADA, NOW + TOKEN_SECONDS)
    assert cookie is not None
    assert keys.opens(cookie, ADA, NOW)
    assert keys.redeem(token, ADA, NOW) is None


def test_a_token_ends(keys: Keys) -> None:
    token = keys.issue(ADA, NOW)
    assert keys.redeem(token, ADA, NOW + TOKEN_SECONDS + 0.1) is None
    assert keys.redeem(token, ADA, NOW) is None


@pytest.mark.parametrize("thief", [BOB, None])
def test_another_user_who_saw_a_token_gets_nothing_and_spoils_nothing(keys: Keys, thief: int | None) -> None:
    token = keys.issue(ADA, NOW)
    assert keys.redeem(token, thief, NOW) is None
    assert keys.redeem(token, ADA, NOW) is not None


@pytest.mark.parametrize("thief", [BOB, None])
def test_another_user_who_saw_a_cookie_gets_nothing(keys: Keys, thief: int | None) -> None:
    cookie = cookie_of(keys)
    assert not keys.opens(cookie, thief, NOW)
    assert keys.opens(cookie, ADA, NOW)
    assert keys.opens(cookie, ROOT, NOW)


def test_a_cookie_ends_and_holds_over_a_restart(keys: Keys) -> None:
    cookie = cookie_of(keys)
    assert Keys(b"s" * 32).opens(cookie, ADA, NOW + COOKIE_SECONDS)
    assert not keys.opens(cookie, ADA, NOW + COOKIE_SECONDS + 1)
    assert not Keys(b"t" * 32).opens(cookie, ADA, NOW)


def test_a_cookie_for_another_user_or_a_longer_time_is_no_cookie(keys: Keys) -> None:
    owner, until, nonce, mac = cookie_of(keys).split(".")
    assert not keys.opens(f"{BOB}.{until}.{nonce}.{mac}", BOB, NOW)
    assert not keys.opens(f"{owner}.{int(until) + 1}.{nonce}.{mac}", ADA, NOW)
    assert not keys.opens(f"{owner}.{until}.{nonce}.{mac[:-1]}", ADA, NOW)


@given(st.text())
def test_no_text_opens(text: str) -> None:
    keys = Keys(b"s" * 32)
    keys.issue(ADA, NOW)
    assert not keys.opens(text, ADA, NOW)
    assert keys.redeem(text, ADA, NOW) is None


def test_many_tokens_are_bounded(keys: Keys) -> None:
    tokens = [keys.issue(ADA, NOW) for _ in range(MAX_TOKENS + 1)]
    assert keys.redeem(tokens[0], ADA, NOW) is None
    assert keys.redeem(tokens[1], ADA, NOW) is not None


def test_the_secret_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    made = secret.load(path)
    assert len(made) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret.load(path) == made


def test_a_secret_that_others_could_read_or_that_is_cut_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    first = secret.load(path)
    path.chmod(0o640)
    second = secret.load(path)
    assert second != first
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(second[:5])
    assert len(secret.load(path)) == 32


def test_no_link_and_no_fifo_is_read_as_a_secret(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"x" * 32)
    other.chmod(0o600)
    (tmp_path / "link").symlink_to(other)
    os.mkfifo(tmp_path / "fifo", 0o600)
    assert secret.load(tmp_path / "link") != b"x" * 32
    assert len(secret.load(tmp_path / "fifo")) == 32
