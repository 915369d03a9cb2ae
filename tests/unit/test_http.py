"""HTTP heads: what is understood and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from obsd.http.messages import BadRequest, Response, parse


def head(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def test_a_scrape_is_understood() -> None:
    request = parse(head("GET /metrics?x=1 HTTP/1.1", "Host: a", "ACCEPT-Encoding: gzip", "Accept-Encoding: br"))
    assert (request.method, request.path, request.keep_alive) == ("GET", "/metrics", True)
    assert request.headers["accept-encoding"] == "gzip,br"
    assert request.takes_gzip()
    assert not request.has_body
    assert parse(head("GET http://a:1/metrics HTTP/1.1")).path == "/metrics"


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (("GET / HTTP/1.1", "Connection: close"), False),
        (("GET / HTTP/1.1", "Connection: Keep-Alive, Upgrade"), True),
        (("GET / HTTP/1.0",), False),
        (("GET / HTTP/1.0", "Connection: keep-alive"), True),
    ],
)
def test_who_keeps_the_connection(lines: tuple[str, ...], kept: bool) -> None:
    assert parse(head(*lines)).keep_alive is kept


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("gzip; q=0.0", False), ("br", False)],
)
def test_who_takes_gzip(accepted: str, taken: bool) -> None:
    assert parse(head("GET / HTTP/1.1", f"Accept-Encoding: {accepted}")).takes_gzip() is taken


@pytest.mark.parametrize(
    ("first", "code"),
    [("", 400), ("GET /", 400), ("GET / x HTTP/1.1", 400), ("G\x00T / HTTP/1.1", 400), ("GET / HTTP/2.0", 505)],
)
def test_what_is_no_request_is_refused(first: str, code: int) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(head(first))
    assert caught.value.code == code


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        parse(data + b"\r\n\r\n")
    except BadRequest as error:
        refused = error.code
        assert refused in (400, 505)


def test_a_response_has_a_length_and_head_has_no_body() -> None:
    response = Response(200, b"abc")
    assert response.encode(keep_alive=True).endswith(b"\r\n\r\nabc")
    shown = response.encode(keep_alive=False, head_only=True)
    assert shown.endswith(b"\r\n\r\n")
    assert b"Content-Length: 3\r\n" in shown
    assert b"Connection: close\r\n" in shown
