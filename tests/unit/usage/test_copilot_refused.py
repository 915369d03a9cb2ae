"""Copilot's usage metrics: what is refused, with which words, and which links are followed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obsd.config_sections import CopilotConfig
from obsd.usage import copilot, requests
from obsd.usage.copilot import read
from obsd.usage.requests import UsageError
from tests.copilot_stub import TOKEN, Copilot, user
from tests.unit.usage.copilot_days import DAY, day_of, figures, refusal


@pytest.fixture
def github() -> Iterator[Copilot]:
    made = Copilot()
    yield made
    made.shutdown()
    made.server_close()


@pytest.mark.parametrize(
    ("code", "words", "hint"),
    [
        (401, "key (401)", "Copilot usage metrics"),
        (403, "key (403)", "Copilot usage metrics"),
        (404, "(404)", "Copilot usage metrics"),
        (410, "(410)", "account"),
        (400, "(400)", "changed"),
        (429, "limit", "nothing needs"),
        (500, "(500)", "nothing needs"),
        (503, "(503)", "nothing needs"),
        (302, "redirects (302)", "not followed"),
    ],
)
def test_each_refusal_has_its_words(github: Copilot, tmp_path: Path, code: int, words: str, hint: str) -> None:
    github.code, github.headers = code, {"Location": f"{github.url}/elsewhere"}
    found = refusal(github, tmp_path)
    assert (words in found.text, hint in found.hint) == (True, True), (found.text, found.hint)
    assert len(github.asked) == 1


def test_githubs_own_limit_is_waited_for(github: Copilot, tmp_path: Path) -> None:
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1800)}
    github.code, github.headers = 403, reset
    found = refusal(github, tmp_path)
    assert ("limit" in found.text, 1700 < found.wait_seconds <= 1800) == (True, True)
    github.headers = reset | {"Retry-After": "60"}
    assert refusal(github, tmp_path).wait_seconds == 60


def test_another_version_of_the_interface_is_said(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY, user(DAY))
    github.headers = {"X-GitHub-Api-Version-Selected": "2027-01-01"}
    assert "version 2027-01-01" in refusal(github, tmp_path).text


def test_an_expired_link_is_asked_for_once_more(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY, user(DAY))
    github.expired = 1
    assert set(figures(day_of(github, tmp_path, reports=()))) == {"ada"}
    assert len(github.asked) == 2
    github.expired = 2
    assert "has expired" in refusal(github, tmp_path).text


@pytest.mark.parametrize(
    "link",
    [
        "https://example.org/report",
        "http://copilot-reports.github.com/report",
        "https://copilot-reports.github.com.example.org/report",
        "https://copilot-reports.github.com@example.org/report",
        "https://github.example.org/report",
        "http://127.0.0.1:1/report",
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
def test_a_link_to_another_host_is_not_followed(github: Copilot, tmp_path: Path, link: str) -> None:
    github.links = [link]
    found = refusal(github, tmp_path)
    assert ("not GitHub's" in found.text or "download_links" in found.text, github.fetched) == (True, [])


@pytest.mark.parametrize(
    ("url", "link", "good"),
    [
        ("https://api.github.com", "https://copilot-reports.github.com/a?sig=x", True),
        ("https://api.github.com", "https://objects.githubusercontent.com/a", True),
        ("https://api.github.com", "https://copilot-reports-x.b01.azurefd.net/a", False),
        ("https://api.github.com", "https://copilot-reports.acme.ghe.com/a", False),
        ("https://api.github.com", "https://evilgithub.com/a", False),
        ("https://api.github.com", "https://copilot-reports.github.com:8443/a", False),
        ("https://api.acme.ghe.com", "https://copilot-reports.acme.ghe.com/a", True),
        ("https://api.acme.ghe.com", "https://copilot-reports.evilacme.ghe.com/a", False),
        ("https://acme.ghe.com", "https://evilacme.ghe.com/a", False),
    ],
)
def test_which_hosts_are_githubs(tmp_path: Path, url: str, link: str, good: bool, monkeypatch: Any) -> None:
    followed: list[str] = []
    answer: tuple[object, dict[str, str]] = ({"download_links": [link], "report_day": DAY}, {})

    def follow(each: str) -> Iterator[Any]:
        followed.append(each)
        return iter(())

    monkeypatch.setattr("obsd.usage.copilot.get_answer", lambda *_: answer)
    monkeypatch.setattr("obsd.usage.copilot.get_lines", follow)
    token = tmp_path / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    settings = CopilotConfig(token_file=str(token), organization="acme", url=url, reports=())
    if good:
        assert [day.ready for day in read(settings, [DAY])] == [True]
        assert followed == [link]
    else:
        with pytest.raises(UsageError, match="not GitHub's"):
            list(read(settings, [DAY]))
        assert followed == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "download_links"),
        (b'{"download_links": "x"}', "download_links"),
        (b'{"download_links": [1]}', "download_links"),
        (json.dumps({"download_links": ["x"] * 101}).encode(), "download_links"),
        (b'{"download_links": ["x"], "report_day": "2026-11-19"}', "report_day"),
        (b'{"download_links": [', "not whole JSON"),
    ],
    ids=str,
)
def test_an_answer_of_another_form_is_refused(github: Copilot, tmp_path: Path, body: bytes, words: str) -> None:
    github.body = body
    assert words in refusal(github, tmp_path).text
    assert github.fetched == []


HALF = json.dumps(user(DAY)).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (HALF + b"\n" + HALF[:40], "not whole JSON"),
        (b"3\n", "field day"),
        (json.dumps(user("2026-11-19")).encode(), "field day"),
        # The interface before this one.
        (json.dumps({"date": DAY, "total_active_users": 3, "copilot_ide_code_completions": {}}).encode(), "field day"),
        (json.dumps(user(DAY, user_id="1")).encode(), "field user_id"),
        (json.dumps(user(DAY, loc_added_sum="64")).encode(), "field loc_added_sum"),
        (json.dumps(user(DAY, loc_added_sum=-1)).encode(), "field loc_added_sum"),
        (json.dumps(user(DAY, totals_by_feature={})).encode(), "field totals_by_feature"),
        (json.dumps(user(DAY, totals_by_cli=[1])).encode(), "field totals_by_cli"),
        (b"\n".join(json.dumps(user(DAY, f"u{n}", n)).encode() for n in range(2001)), "more than 2000"),
        (b"[" + b" " * (requests.MAX_LINE_BYTES + 1), "MiB"),
    ],
    ids=[str(number) for number in range(11)],
)
def test_a_file_of_another_form_is_refused_whole(github: Copilot, tmp_path: Path, body: bytes, words: str) -> None:
    github.add("users-1-day", DAY)
    github.file_body = body
    assert words in refusal(github, tmp_path, reports=()).text


def test_a_file_that_never_ends_is_given_up(github: Copilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MAX_REPORT_BYTES", 1 << 20)
    github.add("users-1-day", DAY)
    github.file_body = (HALF + b"\n") * (3 * (1 << 20) // len(HALF))
    assert "more than 1 MiB" in refusal(github, tmp_path, reports=()).text


def test_a_report_of_too_many_records_is_given_up(
    github: Copilot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copilot, "MAX_RECORDS", 3)
    github.reports["users-1-day", DAY] = [[user(DAY), user(DAY, "bob", 2)], [user(DAY, "eve", 3), user(DAY, "kim", 4)]]
    assert "more than 3 records" in refusal(github, tmp_path, reports=()).text
    github.reports["users-1-day", DAY][1].pop()
    assert day_of(github, tmp_path, reports=()).ready


def test_a_terabyte_that_breaks_off_is_no_report(github: Copilot, tmp_path: Path) -> None:
    github.add("users-1-day", DAY)
    github.file_body, github.file_headers = HALF + b"\n", {"Content-Length": str(1 << 40)}
    assert "is not read" in refusal(github, tmp_path, reports=()).text


@pytest.mark.parametrize(("code", "words"), [(404, "(404)"), (500, "(500)"), (302, "redirects")])
def test_a_file_that_is_refused_has_its_words(github: Copilot, tmp_path: Path, code: int, words: str) -> None:
    github.add("users-1-day", DAY, user(DAY))
    github.file_code, github.file_headers = code, {"Location": "http://127.0.0.1:1/"}
    assert words in refusal(github, tmp_path, reports=()).text
