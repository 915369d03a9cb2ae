"""Real Prometheus, Alertmanager, Pushgateway, VictoriaMetrics, vmalert and node_exporter, started for a test.

Each runs on a free loopback port with a folder of its own, and ends with the test. They are Debian's packages; where
one is missing, the test is skipped and says which package it is.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.support import wait_until

PACKAGES = {
    "prometheus": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "prometheus-pushgateway": "prometheus-pushgateway",
    "prometheus-node-exporter": "prometheus-node-exporter",
    "victoria-metrics": "victoria-metrics",
    "vmalert": "victoria-metrics",
}
START_SECONDS = 60.0
S = TypeVar("S", bound="Server")


def free_port() -> int:
    """A loopback port that nobody uses at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def get(url: str) -> Any:
    """The JSON that lies there."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def answers(url: str) -> bool:
    """Whether a GET succeeds."""
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


class Server:
    """A program that serves HTTP; `start` returns when it is ready."""

    program = ""
    ready = "/-/ready"

    def __init__(self, folder: Path) -> None:
        if shutil.which(self.program) is None:
            pytest.skip(f"{self.program} is not installed (Debian: {PACKAGES[self.program]})")
        self.folder = folder
        folder.mkdir(parents=True)
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.process: subprocess.Popen[bytes] | None = None

    def arguments(self) -> list[str]:
        """What follows the program's name."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        log = self.folder / "log"
        with log.open("wb") as stream:
            self.process = process = subprocess.Popen(
                [self.program, *self.arguments()],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        wait_until(lambda: answers(self.url + self.ready) or process.poll() is not None, self.program, START_SECONDS)
        assert process.poll() is None, log.read_text(errors="replace")

    def stop(self) -> None:
        """Ends it at once: what it has not written or sent is of no use to anybody."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


class Store(Server):
    """A server that answers Prometheus' queries below `api`."""

    api = "/api/v1"

    def ask(self, path: str, **parameters: str) -> Any:
        """The `data` of an answer; an error of the query fails the test."""
        url = f"{self.url}{self.api}/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            answer = get(url)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """The labels and values of an instant query."""
        found = self.ask("query", query=expr)["result"]
        return [(each["metric"], float(each["value"][1])) for each in found]

    def value(self, expr: str) -> float | None:
        """The value of a query for one series; None for none."""
        found = self.query(expr)
        assert len(found) <= 1, found
        return found[0][1] if found else None

    def query_range(self, expr: str, seconds: float = 60, step: float = 2) -> list[dict[str, Any]]:
        """The series of a range query that ends now."""
        now = time.time()
        span = {"start": f"{now - seconds}", "end": f"{now}", "step": f"{step}"}
        found: list[dict[str, Any]] = self.ask("query_range", query=expr, **span)["result"]
        return found

    def wait_for(self, expr: str, value: float) -> None:
        """Returns when the query has that value."""
        wait_until(lambda: self.value(expr) == value, f"{expr} = {value:g}", 60)

    def wait_for_any(self, expr: str) -> None:
        """Returns when the query has a result."""
        wait_until(lambda: self.query(expr), expr, 60)


class Prometheus(Store):
    """Prometheus with a configuration; in agent mode it answers no queries."""

    program = "prometheus"

    def __init__(self, folder: Path, configuration: str, *options: str) -> None:
        super().__init__(folder)
        self.configuration = configuration
        self.options = options

    def arguments(self) -> list[str]:
        file = self.folder / "prometheus.yml"
        file.write_text(self.configuration)
        agent = "--enable-feature=agent" in self.options
        storage = "--storage.agent.path=data" if agent else "--storage.tsdb.path=data"
        return [f"--config.file={file}", f"--web.listen-address={self.address}", storage, *self.options]

    def target(self, job: str = "agent-activity-tracker") -> dict[str, Any]:
        """What it says of the one target of a job; an unknown health while it has not found it yet."""
        targets = self.ask("targets", state="active")["activeTargets"]
        found: list[dict[str, Any]] = [each for each in targets if each["labels"]["job"] == job]
        assert len(found) <= 1, targets
        return found[0] if found else {"health": "unknown"}

    def wait_until_up(self, job: str = "agent-activity-tracker") -> None:
        """Returns when a scrape has succeeded."""
        wait_until(lambda: self.target(job)["health"] == "up", "a scrape", 60)


class Alertmanager(Server):
    """Alertmanager without anybody to tell."""

    program = "prometheus-alertmanager"

    def arguments(self) -> list[str]:
        file = self.folder / "alertmanager.yml"
        file.write_text("route:\n  receiver: nobody\n  group_wait: 1s\nreceivers:\n  - name: nobody\n")
        return [
            f"--config.file={file}",
            f"--web.listen-address={self.address}",
            "--storage.path=data",
            "--cluster.listen-address=",
        ]

    def alerts(self) -> dict[str, dict[str, Any]]:
        """What it was told of, by the name of the alert."""
        return {alert["labels"]["alertname"]: alert for alert in get(f"{self.url}/api/v2/alerts")}


class Pushgateway(Server):
    """A Pushgateway that forgets when it ends."""

    program = "prometheus-pushgateway"

    def arguments(self) -> list[str]:
        return [f"--web.listen-address={self.address}"]


class NodeExporter(Server):
    """node_exporter with the textfile collector alone."""

    program = "prometheus-node-exporter"
    ready = "/metrics"

    def arguments(self) -> list[str]:
        return [
            f"--web.listen-address={self.address}",
            "--collector.disable-defaults",
            "--collector.textfile",
            f"--collector.textfile.directory={self.folder}",
        ]


class VictoriaMetrics(Store):
    """A single VictoriaMetrics."""

    program = "victoria-metrics"
    ready = "/health"

    def arguments(self) -> list[str]:
        # New samples are to be found at once.
        return [
            f"-httpListenAddr={self.address}",
            "-storageDataPath=data",
            "-search.latencyOffset=1s",
            "-search.disableCache",
            "-retentionPeriod=1d",
        ]


class Vmalert(Server):
    """vmalert, which evaluates rules over a VictoriaMetrics and writes what it records there."""

    program = "vmalert"
    ready = "/health"

    def __init__(self, folder: Path, store: VictoriaMetrics, rules: Path) -> None:
        super().__init__(folder)
        self.store = store
        self.rules = rules

    def arguments(self) -> list[str]:
        return [
            f"-rule={self.rules}",
            f"-httpListenAddr={self.address}",
            f"-datasource.url={self.store.url}",
            f"-remoteWrite.url={self.store.url}",
            f"-remoteRead.url={self.store.url}",
            "-evaluationInterval=1s",
        ]


class Rack:
    """The servers of a test, by name; `start` has a server run until the test ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: list[Server] = []

    def start(self, server: S) -> S:
        """Starts it."""
        self._running.append(server)
        server.start()
        return server

    def stop(self) -> None:
        """Ends all of them."""
        while self._running:
            self._running.pop().stop()


def rack(folder: Path) -> Iterator[Rack]:
    """For a fixture: an empty rack, whose servers end with the test."""
    made = Rack(folder / "rack")
    try:
        yield made
    finally:
        made.stop()
