"""Nobody but the daemon's user sees the page: each attack is made against a real daemon."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import ExitStack

import pytest

from obsd.web.streams import MAX_STREAMS
from tests.integration.web.rig import Page
from tests.support import Daemon, Repository, wait_until

PATHS = ("/", "/health", "/events", "/static/page.js", "/static/page.css", "/nothing")
SOMEBODY = 65534


@pytest.fixture
def page(obsd_daemon: Daemon) -> Page:
    return Page(obsd_daemon)


def test_a_token_opens_the_page_once(page: Page) -> None:
    assert page.ask("/").code == 200
    assert page.ask(page.path(page.url), cookie="").code == 403


def test_the_cookie_is_kept_from_scripts_and_other_sites(page: Page) -> None:
    marks = {mark.strip() for mark in page.set_cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= marks
    assert page.cookie not in page.ask("/").text
    assert "token=" not in page.ask("/").text


@pytest.mark.parametrize("path", PATHS)
def test_without_the_cookie_nothing_is_shown(page: Page, path: str) -> None:
    name = page.cookie.partition("=")[0]
    for cookie in ("", f"{name}=", f"{name}=0.9999999999.x.y", page.cookie[:-1], "a=b"):
        answer = page.ask(path, cookie=cookie)
        assert answer.code == 403
        assert "obsctl open" in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_a_rebound_name_is_misdirected(page: Page, path: str) -> None:
    assert page.ask(path, Host="evil.example").code == 421
    assert page.ask(path, Host="evil.example:" + page.address.rpartition(":")[2]).code == 421
    assert page.ask(f"http://evil.example{path}").code == 421


@pytest.mark.parametrize("path", PATHS)
def test_another_page_in_the_browser_is_refused(page: Page, path: str) -> None:
    assert page.ask(path, Origin="http://evil.example").code == 403
    assert page.ask(path, Origin="http://127.0.0.1:1").code == 403
    assert page.ask(path, Sec_Fetch_Site="cross-site").code == 403
    assert page.ask(path, Sec_Fetch_Site="same-site").code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_no_method_changes_anything(page: Page, method: str) -> None:
    for path in PATHS:
        assert page.ask(path, method).code == 405


def test_no_other_site_may_embed_read_or_learn(page: Page) -> None:
    headers = page.ask("/").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_a_path_leads_to_no_other_file(page: Page) -> None:
    for path in ("/static/../keys.py", "/static/%2e%2e/keys.py", "/static//etc/passwd", "/static/", "/../etc/passwd"):
        assert page.ask(path).code == 404


def test_a_wrong_token_is_refused_and_so_is_a_long_one(page: Page) -> None:
    for token in ("", "x", "x" * 5000, "%00"):
        assert page.ask(f"/open?token={token}", cookie="").code == 403


@pytest.mark.skipif(os.geteuid() != 0, reason="another user can be had by root alone")
def test_another_user_of_the_machine_gets_403_with_token_and_with_cookie(page: Page) -> None:
    url = page.token_url()
    script = (
        "import http.client, json, sys\n"
        "codes = []\n"
        "for address, path, cookie in json.load(sys.stdin):\n"
        "    connection = http.client.HTTPConnection(address, timeout=30)\n"
        "    connection.request('GET', path, headers={'Cookie': cookie} if cookie else {})\n"
        "    codes.append(connection.getresponse().status)\n"
        "print(json.dumps(codes))\n"
    )
    tries = [(page.address, "/", ""), (page.address, "/", page.cookie), (page.address, page.path(url), "")]
    done = subprocess.run(
        ["/usr/bin/python3", "-I", "-c", script],
        input=json.dumps(tries),
        user=SOMEBODY,
        group=SOMEBODY,
        extra_groups=[],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [403, 403, 403]
    assert page.ask(page.path(url), cookie="").code == 303, "the other user spoilt the token"


def test_streams_are_bounded_and_scrapes_go_on(page: Page, obsd_daemon: Daemon) -> None:
    with ExitStack() as stack:
        streams = [stack.enter_context(page.connection("/events")) for _ in range(MAX_STREAMS)]
        assert {stream.status for stream in streams} == {200}
        assert [stream.readline() for stream in streams] == [b"retry: 5000\n"] * MAX_STREAMS
        assert page.ask("/events").code == 503
        assert page.ask("/").code == 200
        assert obsd_daemon.scrape().text
    wait_until(lambda: _stream_begins(page), "room for a stream")


def _stream_begins(page: Page) -> bool:
    with page.connection("/events") as stream:
        return stream.status == 200


def test_connections_that_send_nothing_leave_room(page: Page) -> None:
    host, _, port = page.address.rpartition(":")
    with ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(socket.create_connection((host, int(port)), 30))
        assert page.ask("/").code == 200


def test_a_cookie_holds_over_a_restart(page: Page, obsd_daemon: Daemon) -> None:
    obsd_daemon.stop()
    text = (obsd_daemon.etc / "obsd.toml").read_text()
    (obsd_daemon.etc / "obsd.toml").write_text(text.replace("127.0.0.1:0", page.address, 1))
    obsd_daemon.start()
    assert page.ask("/").code == 200
    (obsd_daemon.state / "page-secret").unlink()
    obsd_daemon.restart()
    assert page.ask("/").code == 403


def test_a_taken_port_is_a_condition_and_no_failed_start(obsd_daemon: Daemon) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = f"127.0.0.1:{server.getsockname()[1]}"
        obsd_daemon.stop()
        text = (obsd_daemon.etc / "obsd.toml").read_text()
        (obsd_daemon.etc / "obsd.toml").write_text(text.replace("127.0.0.1:0", taken, 1))
        obsd_daemon.start()
        assert [held["code"] for held in obsd_daemon.json("status")["warnings"]] == ["web_port_taken"]
        result = obsd_daemon.obsctl("open", "--print")
        assert result.code == 1
        assert "not served" in result.stderr
    (obsd_daemon.etc / "obsd.toml").write_text(text)
    assert obsd_daemon.obsctl("reload").code == 0
    assert Page(obsd_daemon).ask("/").code == 200
    assert obsd_daemon.json("status")["warnings"] == []


def test_the_page_can_be_turned_off(page: Page, obsd_daemon: Daemon) -> None:
    text = (obsd_daemon.etc / "obsd.toml").read_text()
    (obsd_daemon.etc / "obsd.toml").write_text(text.replace("127.0.0.1:0", "", 1))
    assert obsd_daemon.obsctl("reload").code == 0
    with pytest.raises(ConnectionRefusedError):
        page.ask("/")
    result = obsd_daemon.obsctl("open")
    assert result.code == 1
    assert "web.listen" in result.stderr


def test_open_prints_json(obsd_daemon: Daemon) -> None:
    found = obsd_daemon.json("open")
    assert found["expires_seconds"] == 60
    assert found["url"].startswith("http://127.0.0.1:")


def test_hostile_names_are_text(page: Page, obsd_daemon: Daemon, repository: Repository) -> None:
    obsd_daemon.add(repository.path, "shop")
    name = "<script>alert(1)<!--\u202e\x1b[31m'\"&amp;.py"
    repository.write(name.replace("/", ""), "x = 1\n")
    obsd_daemon.settle("shop")
    text = page.ask("/").text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
