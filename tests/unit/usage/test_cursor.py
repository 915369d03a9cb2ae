"""Cursor's days and attributions of commits: read whole from a real HTTP server, or refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obsd.config_fields import People
from obsd.config_sections import CursorConfig
from obsd.usage import requests
from obsd.usage.cursor import MEASURES, PAUSE_SECONDS, read
from obsd.usage.requests import UsageError
from obsd.usage.steps import DayRead, Pause
from tests.cursor_stub import KEY, Cursor, commit, record

DAY, BEFORE = "2026-11-25", "2026-11-24"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cursor() -> Iterator[Cursor]:
    made = Cursor()
    yield made
    made.shutdown()
    made.server_close()


def config(cursor: Cursor, folder: Path, **settings: Any) -> CursorConfig:
    path = folder / "key"
    path.write_text(KEY)
    path.chmod(0o600)
    return CursorConfig(token_file=str(path), url=cursor.url, **settings)


def steps(cursor: Cursor, folder: Path, *days: str, **settings: Any) -> tuple[dict[str, DayRead], int]:
    """The days by name, and how many pauses there were before them."""
    found = list(read(config(cursor, folder, **settings), days or [DAY]))
    assert all(step.seconds == PAUSE_SECONDS for step in found if isinstance(step, Pause))
    read_days = [step for step in found if isinstance(step, DayRead)]
    return {day.day: day for day in read_days}, len(found) - len(read_days)


def figures(day: DayRead, scope: str = "person") -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for one in day.figures:
        if one.scope == scope:
            found.setdefault(one.subject, {})[one.measure] = one.amount
    return found


def refusal(cursor: Cursor, folder: Path, **settings: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        steps(cursor, folder, **settings)
    words = f"{caught.value.text} {caught.value.hint}"
    assert (KEY in words, bool(caught.value.hint)) == (False, True)
    return caught.value


def test_a_persons_day_has_what_the_answer_says(cursor: Cursor, tmp_path: Path) -> None:
    bare = {"date": record(DAY)["date"], "email": "bob@example.org", "totalRejects": 0, "totalApplies": None}
    cursor.pages = [[record(DAY), bare]]
    found, pauses = steps(cursor, tmp_path)
    assert figures(found[DAY]) == {
        "ada@example.org": {
            "lines_added": 110,
            "lines_removed": 30,
            "all_lines_added": 150,
            "all_lines_removed": 40,
            "edits_applied": 9,
            "edits_accepted": 7,
            "edits_rejected": 2,
            "completions_shown": 34,
            "completions_accepted": 28,
            "composer_requests": 4,
            "chat_requests": 12,
            "agent_requests": 1,
        },
        "bob@example.org": {"edits_rejected": 0},
    }
    assert set(figures(found[DAY])["ada@example.org"]) <= set(MEASURES)
    assert pauses == 0


def test_days_come_with_one_request_of_their_range(cursor: Cursor, tmp_path: Path) -> None:
    day = record(BEFORE)
    # Newer answers name the day.
    named = {"day": DAY} | {key: value for key, value in record(DAY).items() if key != "date"}
    cursor.pages = [[day, named, record("2026-11-20")]]
    found, _ = steps(cursor, tmp_path, DAY, BEFORE, "2026-11-23")
    assert {name: len(figures(day)) for name, day in found.items()} == {DAY: 1, BEFORE: 1, "2026-11-23": 0}
    [(path, request)] = cursor.asked
    assert path == "/teams/daily-usage-data"
    assert request == {"startDate": 1_795_392_000_000, "endDate": 1_795_651_199_999}


def test_pages_are_read_at_the_pace_that_is_allowed(cursor: Cursor, tmp_path: Path) -> None:
    cursor.pages = [[record(DAY)], [record(DAY, "bob@example.org")], [record(DAY)]]
    found, pauses = steps(cursor, tmp_path)
    assert figures(found[DAY])["ada@example.org"]["lines_added"] == 220
    assert (set(figures(found[DAY])), pauses) == ({"ada@example.org", "bob@example.org"}, 2)
    assert [request.get("page") for _, request in cursor.asked] == [None, 2, 3]


def test_people_are_read_as_the_names_that_are_set_for_them(cursor: Cursor, tmp_path: Path) -> None:
    cursor.pages = [[record(DAY, "ada@work.example"), {"date": record(DAY)["date"], "userId": "user_9"}]]
    found, _ = steps(cursor, tmp_path, people=People((("ada@work.example", "ada@example.org"),)))
    assert set(figures(found[DAY])) == {"ada@example.org"}, "who has no number has no figure"


def test_commits_are_attributed_by_their_ids(cursor: Cursor, tmp_path: Path) -> None:
    later = commit("f" * 40, DAY, commitTs=None, nonAiLinesAdded=None)
    cursor.commits = [commit(COMMIT, DAY), later, commit("e" * 40, BEFORE), commit(COMMIT, DAY)]
    found, pauses = steps(cursor, tmp_path, commits=True)
    lines = {"all_lines_added": 120, "tab_lines_added": 50, "composer_lines_added": 40}
    assert figures(found[DAY], "commit") == {COMMIT: lines | {"other_lines_added": 30}, "f" * 40: lines}
    assert pauses == 0
    assert cursor.asked[-1][1] == {"startDate": DAY, "endDate": "2026-11-26", "pageSize": "1000", "page": "1"}
    assert "secret plan" not in repr(found), "a commit's message is not read"


def test_commits_are_not_asked_for_unless_it_is_set(cursor: Cursor, tmp_path: Path) -> None:
    cursor.commits = [commit(COMMIT, DAY)]
    found, _ = steps(cursor, tmp_path)
    assert (figures(found[DAY], "commit"), len(cursor.asked)) == ({}, 1)


def test_all_pages_of_commits_are_read(cursor: Cursor, tmp_path: Path) -> None:
    cursor.commits = [commit(f"{number:040x}", DAY) for number in range(1500)]
    found, pauses = steps(cursor, tmp_path, commits=True)
    assert (len(figures(found[DAY], "commit")), pauses) == (1500, 1)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, "key (401)"),
        (403, "key (403)"),
        (404, "(404)"),
        (429, "limit"),
        (400, "(400)"),
        (500, "(500)"),
        (307, "redirects (307)"),
    ],
)
def test_each_refusal_has_its_words(cursor: Cursor, tmp_path: Path, code: int, words: str) -> None:
    cursor.code, cursor.headers = code, {"Retry-After": "70", "Location": "http://127.0.0.1:1/"}
    found = refusal(cursor, tmp_path)
    assert (words in found.text, found.wait_seconds) == (True, 70.0 if code in (429, 500) else 0.0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"data": [{"da', "not whole JSON"),
        (b"[]", "field data"),
        (b'{"data": [3]}', "field data"),
        (json.dumps({"data": [record(DAY) | {"date": "yesterday"}]}).encode(), "field date"),
        (json.dumps({"data": [record(DAY) | {"date": 1 << 60}]}).encode(), "field date"),
        (json.dumps({"data": [record(DAY, email="")]}).encode(), "field email"),
        (json.dumps({"data": [record(DAY, totalRejects="2")]}).encode(), "field totalRejects"),
        (json.dumps({"data": [], "pagination": {"hasNextPage": True}}).encode(), "pages"),
        (b" " * (requests.MAX_BYTES + 1), "MiB"),
    ],
    ids=[str(number) for number in range(9)],
)
def test_an_answer_of_another_form_is_refused_whole(cursor: Cursor, tmp_path: Path, body: bytes, words: str) -> None:
    cursor.body = body
    assert words in refusal(cursor, tmp_path).text


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (commit("main", DAY), "field commitHash"),
        (commit("a" * 39, DAY), "field commitHash"),
        (commit(COMMIT, "yesterday"), "field commitTs"),
        (commit(COMMIT, DAY, tabLinesAdded=-1), "field tabLinesAdded"),
    ],
)
def test_a_commit_of_another_form_is_refused(cursor: Cursor, tmp_path: Path, item: dict[str, Any], words: str) -> None:
    cursor.commits = [item]
    assert words in refusal(cursor, tmp_path, commits=True).text


def test_an_answer_that_breaks_off_is_refused(cursor: Cursor, tmp_path: Path) -> None:
    cursor.body, cursor.headers = b'{"data": []}', {"Content-Length": str(1 << 40)}
    assert "broke off" in refusal(cursor, tmp_path).text or "no answer" in refusal(cursor, tmp_path).text


def test_without_days_nobody_is_asked(cursor: Cursor, tmp_path: Path) -> None:
    assert (list(read(config(cursor, tmp_path), [])), cursor.asked) == ([], [])
