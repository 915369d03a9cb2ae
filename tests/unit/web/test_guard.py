"""Which requests the page answers, by their heads."""

from __future__ import annotations

import pytest

from obsd.http.messages import BadRequest, Request
from obsd.web import guard


def request(method: str = "GET", target: str = "/", **headers: str) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, target.partition("?")[0], {"host": "127.0.0.1:8008"} | named, True, target)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8008",
        "127.8.9.10:1",
        "localhost",
        "LocalHost:8008",
        "[::1]",
        "[::1]:8008",
        "localhost:99",
    ],
)
def test_addresses_of_this_machine_are_served(host: str) -> None:
    assert guard.is_this_machine(host)
    guard.check(request(host=host))


@pytest.mark.parametrize(
    "host",
    [
        *("", "evil.example", "evil.example:8008", "127.0.0.1.evil.example", "localhost.evil.example", "localhost."),
        *("192.168.1.4", "0.0.0.0:8008", "[::]:8008", "[::2]", "127.0.0.1:8008,evil.example", "127.0.0.1:8008@evil"),
        *("2130706433", "0x7f.1", "127.1", "017700000001", "::1", "user@127.0.0.1", "127.0.0.1:", "127.0.0.1:x"),
    ],
)
def test_names_that_may_be_rebound_are_refused(host: str) -> None:
    with pytest.raises(BadRequest) as refused:
        guard.check(request(host=host))
    assert refused.value.code == 421


def test_a_target_with_a_host_of_its_own_is_refused() -> None:
    with pytest.raises(BadRequest) as refused:
        guard.check(request(target="http://127.0.0.1:8008/"))
    assert refused.value.code == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "https://127.0.0.1:8008", "x"]
)
def test_other_origins_are_refused(origin: str) -> None:
    with pytest.raises(BadRequest) as refused:
        guard.check(request(origin=origin))
    assert refused.value.code == 403


@pytest.mark.parametrize(
    "headers", [{"origin": "http://127.0.0.1:8008", "sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {}]
)
def test_the_page_itself_may_ask(headers: dict[str, str]) -> None:
    refused = None
    try:
        guard.check(request(**headers))
    except BadRequest as error:
        refused = error
    assert refused is None


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_what_another_page_began_is_refused(site: str) -> None:
    with pytest.raises(BadRequest) as refused:
        guard.check(request(sec_fetch_site=site))
    assert refused.value.code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_understood(method: str) -> None:
    with pytest.raises(BadRequest) as refused:
        guard.check(request(method))
    assert refused.value.code == 405
