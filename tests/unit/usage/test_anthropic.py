"""Claude Code's analytics: a day is read whole from a real HTTP server, or refused with a reason and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from obsd.config_sections import AnthropicConfig
from obsd.usage.anthropic import MEASURES, read
from obsd.usage.requests import MAX_BYTES, UsageError
from tests.vendor_stub import KEY, Vendor, record

DAY = "2026-11-25"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    yield made
    made.shutdown()
    made.server_close()


def config(vendor: Vendor, folder: Path, key: str = KEY, mode: int = 0o600) -> AnthropicConfig:
    path = folder / "key"
    path.write_text(f"{key}\n")
    path.chmod(mode)
    return AnthropicConfig(token_file=str(path), url=vendor.url)


def refusal(vendor: Vendor, folder: Path, **how: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        list(read(config(vendor, folder, **how), [DAY]))
    assert KEY not in f"{caught.value.text} {caught.value.hint}"
    assert caught.value.hint
    return caught.value


def figures(vendor: Vendor, folder: Path) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    [day] = read(config(vendor, folder), [DAY])
    for one in day.figures:
        found.setdefault(one.subject, {})[one.measure] = one.amount
    return found


def test_a_day_is_summed_over_pages_terminals_and_tools(vendor: Vendor, tmp_path: Path) -> None:
    key = {"type": "api_actor", "api_key_name": "build"}
    vendor.days[DAY] = [[record(DAY), record(DAY, terminal_type="tmux")], [record(DAY, actor=key)]]
    found = figures(vendor, tmp_path)
    assert found["ada@example.org"]["lines_added"] == 20
    assert found["build"] == {
        "sessions": 2,
        "lines_added": 10,
        "lines_removed": 3,
        "commits": 1,
        "pull_requests": 0,
        "edits_accepted": 6,
        "edits_rejected": 1,
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 7,
        "cache_creation_tokens": 5,
        "cost_usd": 1.25,
    }
    assert set(found["build"]) == set(MEASURES)


def test_what_the_vendor_does_not_give_is_absent(vendor: Vendor, tmp_path: Path) -> None:
    euros = [{"estimated_cost": {"currency": "EUR", "amount": 5}}]
    bare = record(DAY, core_metrics={"num_sessions": 0}, tool_actions={}, model_breakdown=euros)
    vendor.days[DAY] = [[bare]]
    assert figures(vendor, tmp_path) == {"ada@example.org": {"sessions": 0}}
    vendor.days[DAY] = [[]]
    assert figures(vendor, tmp_path) == {}


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (401, "key (401)"),
        (403, "key (403)"),
        (404, "(404)"),
        (429, "limit"),
        (400, "(400)"),
        (500, "(500)"),
        (503, "(503)"),
    ],
)
def test_each_refusal_has_its_words(vendor: Vendor, tmp_path: Path, code: int, words: str) -> None:
    vendor.code = code
    assert words in refusal(vendor, tmp_path).text


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("", 0), ("soon", 0), ("99999999", 86_400)])
def test_the_wait_that_is_asked_for_is_kept(vendor: Vendor, tmp_path: Path, text: str, seconds: float) -> None:
    vendor.code, vendor.headers = 429, {"Retry-After": text}
    assert refusal(vendor, tmp_path).wait_seconds == seconds


def test_a_redirect_is_not_followed(vendor: Vendor, tmp_path: Path) -> None:
    other = Vendor()
    vendor.code, vendor.headers = 302, {"Location": f"{other.url}/v1/organizations/usage_report/claude_code"}
    assert "redirects (302)" in refusal(vendor, tmp_path).text
    other.shutdown()
    other.server_close()
    assert other.asked == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"data": [{"date": "2026-', "not whole JSON"),
        (b"[" * 100_000, "not whole JSON"),
        (b"[]", "field data"),
        (json.dumps({"data": [record("2026-11-24")]}).encode(), "field date"),
        (json.dumps({"data": [record(DAY, actor={})]}).encode(), "field actor"),
        (json.dumps({"data": [record(DAY, core_metrics={"num_sessions": "2"})]}).encode(), "field num_sessions"),
        (json.dumps({"data": [record(DAY, core_metrics={"num_sessions": -1})]}).encode(), "field num_sessions"),
        (json.dumps({"data": [record(DAY, core_metrics={"num_sessions": 10**400})]}).encode(), "field num_sessions"),
        (
            json.dumps({"data": [record(DAY, core_metrics={"num_sessions": float("nan")})]}).encode(),
            "field num_sessions",
        ),
        (json.dumps({"data": [record(DAY, model_breakdown={})]}).encode(), "field model_breakdown"),
        (json.dumps({"data": [], "has_more": True}).encode(), "field next_page"),
        (json.dumps({"data": [], "has_more": True, "next_page": "0"}).encode(), "pages"),
        (b" " * (MAX_BYTES + 1), "MiB"),
    ],
    ids=str,
)
def test_an_answer_of_another_form_is_refused_whole(vendor: Vendor, tmp_path: Path, body: bytes, words: str) -> None:
    vendor.body = body
    assert words in refusal(vendor, tmp_path).text


def test_an_answer_that_breaks_off_is_refused(vendor: Vendor, tmp_path: Path) -> None:
    vendor.body, vendor.headers = b'{"data": []}', {"Content-Length": "4000000000000"}
    assert "broke off" in refusal(vendor, tmp_path).text or "no answer" in refusal(vendor, tmp_path).text


def test_nobody_there_is_no_answer(vendor: Vendor, tmp_path: Path) -> None:
    vendor.shutdown()
    vendor.server_close()
    assert "no answer" in refusal(vendor, tmp_path).text


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"mode": 0o640}, "read by others"),
        ({"key": ""}, "no token"),
        ({"key": "a b"}, "no token"),
        ({"key": "ä"}, "read"),
    ],
)
def test_a_key_that_will_not_do_is_never_sent(vendor: Vendor, tmp_path: Path, how: dict[str, Any], words: str) -> None:
    assert words in refusal(vendor, tmp_path, **how).text
    assert vendor.asked == []
