"""Pushing: what arrives at a gateway and where, a gateway that fails, and the last push of a daemon that ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.samples import Samples
from tests.support import Daemon, Repository, wait_until


class Gateway(ThreadingHTTPServer):
    """Keeps what is put, by path; answers `code`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.put: list[tuple[str, str]] = []
        self.code = 200
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def last(self) -> Samples:
        return Samples(self.put[-1][1])


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_PUT(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(self.server.code)
        self.end_headers()
        self.server.put.append((self.path, text))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests are quiet."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    yield made
    made.shutdown()
    made.server_close()


def pushing(daemon: Daemon, url: str, seconds: float = 3600, machine: str = "m 1/a") -> Daemon:
    """Has the configuration name a gateway."""
    daemon.configure(f'[push]\npushgateway = "{url}"\ninterval_seconds = {seconds}\nmachine = "{machine}"')
    return daemon


def warnings(daemon: Daemon) -> list[str]:
    return [warning["code"] for warning in daemon.json("status")["warnings"]]


def test_it_pushes_by_machine_at_start_and_in_time(
    make_daemon: Callable[[str], Daemon], repository: Repository, gateway: Gateway
) -> None:
    daemon = pushing(make_daemon("d"), gateway.url, seconds=1).start()
    wait_until(lambda: gateway.put, "a push")
    path, _ = gateway.put[0]
    assert path.startswith("/metrics/job/agent-activity-tracker/machine@base64/")  # a name with a slash is encoded
    daemon.add(repository.path, "shop", "--no-hooks")
    wait_until(lambda: gateway.last.value("obsd_watcher_up", workspace="shop") == 1, "the workspace in a push")
    assert warnings(daemon) == []


def test_the_last_push_has_everything(
    make_daemon: Callable[[str], Daemon], repository: Repository, gateway: Gateway
) -> None:
    daemon = pushing(make_daemon("d"), gateway.url, machine="").start()
    daemon.add(repository.path, "shop", "--no-hooks")
    repository.write("a.py", "1\n")
    daemon.settle("shop")
    assert daemon.stop() == 0
    assert gateway.last.value("copilot_files_modified_total", file_type="python", operation="created") == 1
    assert gateway.put[-1][0] == f"/metrics/job/agent-activity-tracker/machine/{socket.gethostname()}"


def test_a_gateway_that_fails_is_a_warning_until_it_works(
    make_daemon: Callable[[str], Daemon], gateway: Gateway
) -> None:
    gateway.code = 500
    daemon = pushing(make_daemon("d"), gateway.url, seconds=1).start()
    wait_until(lambda: "push_failed" in warnings(daemon), "a warning")
    gateway.code = 200
    wait_until(lambda: warnings(daemon) == [], "the warning to go")


def test_a_reload_begins_and_ends_it(make_daemon: Callable[[str], Daemon], gateway: Gateway) -> None:
    daemon = make_daemon("d").start()
    pushing(daemon, gateway.url)
    assert daemon.obsctl("reload").code == 0
    wait_until(lambda: gateway.put, "a push")
    daemon.configure()
    assert daemon.obsctl("reload").code == 0
    count = len(gateway.put)
    assert daemon.stop() == 0
    assert len(gateway.put) == count


def test_a_gateway_that_never_answers_does_not_hold_the_end(make_daemon: Callable[[str], Daemon]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        daemon = pushing(make_daemon("d"), f"http://127.0.0.1:{silent.getsockname()[1]}").start()
        accepted, _ = silent.accept()
        with accepted:
            assert daemon.stop(timeout=5) == 0


@pytest.mark.parametrize("url", ["gateway:9091", "ftp://gateway", "http://", "http://user:secret@gateway"])
def test_what_is_no_url_of_a_gateway_is_a_clear_error(make_daemon: Callable[[str], Daemon], url: str) -> None:
    daemon = pushing(make_daemon("d"), url)
    assert daemon.start(ready=False).process is not None
    assert daemon.process is not None
    assert daemon.process.wait(20) == 78
    assert "push.pushgateway: expected a URL" in daemon.log
