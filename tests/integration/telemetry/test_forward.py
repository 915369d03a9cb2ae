"""Telemetry and facts passed on: a collector that reads them with OpenTelemetry's own messages, also one that fails."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from google.protobuf import json_format

from tests.integration.telemetry.test_receivers import Receiving, free_port
from tests.otlp import HttpAgent, binary, samples
from tests.support import Daemon, Repository, wait_until

logs_service = pytest.importorskip("opentelemetry.proto.collector.logs.v1.logs_service_pb2")
logs = pytest.importorskip("opentelemetry.proto.logs.v1.logs_pb2")
metrics_service = pytest.importorskip("opentelemetry.proto.collector.metrics.v1.metrics_service_pb2")
trace_service = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
KINDS = {
    "/v1/logs": logs_service.ExportLogsServiceRequest,
    "/v1/metrics": metrics_service.ExportMetricsServiceRequest,
    "/v1/traces": trace_service.ExportTraceServiceRequest,
}


class Collector:
    """Takes OTLP over HTTP; `answers` are the codes of the first requests, then 200 with `said`."""

    def __init__(self, port: int = 0, answers: tuple[int, ...] = (), said: bytes = b"") -> None:
        self.bodies: list[tuple[str, str, bytes]] = []
        self.taken: list[Any] = []
        codes = list(answers)
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                code = codes.pop(0) if codes else 200
                if code == 200:
                    collector.take(self.path, self.headers["Content-Type"], body)
                self.send_response(code)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *arguments: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, path: str, content_type: str, body: bytes) -> None:
        """Reads a request strictly, as the standard's messages have it."""
        message = KINDS[path]()
        if content_type == "application/json":
            # The standard's messages have a log record's event name since 1.5 of the protocol.
            older = "event_name" not in logs.LogRecord.DESCRIPTOR.fields_by_name
            json_format.Parse(body, message, ignore_unknown_fields=older)
        else:
            message.ParseFromString(body)
        self.bodies.append((path, content_type, body))
        self.taken.append(message)

    def events(self) -> list[str]:
        """The names of obsd's own log records."""
        records = [
            record
            for message in self.taken
            for sent in getattr(message, "resource_logs", ())
            if any(a.value.string_value == "obsd" for a in sent.resource.attributes)
            for scope in sent.scope_logs
            for record in scope.log_records
        ]
        return [a.value.string_value for record in records for a in record.attributes if a.key == "event.name"]

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collectors() -> Iterator[list[Collector]]:
    """Collectors that are ended with the test."""
    made: list[Collector] = []
    yield made
    for one in made:
        one.close()


def receiving_for(daemon: Daemon, url: str) -> Receiving:
    """A daemon that receives, and passes on to a collector."""
    made = Receiving(daemon)
    daemon.configure(f'[telemetry]\ngrpc = "{made.grpc}"\nhttp = "{made.http}"\nforward = "{url}"')
    assert daemon.obsctl("reload").code == 0
    return made


def send_all(receiving: Receiving) -> list[tuple[str, bytes]]:
    """Sends what agents sent, in binary form; returns path and body of each request."""
    agent = HttpAgent(receiving.http)
    sent = []
    for name in ("codex", "gemini-cli", "copilot-cli"):
        for signal, body in samples(name):
            raw = binary(signal, body)
            assert agent.send(signal, raw, "protobuf", compress=True)[0] == 200
            sent.append((f"/v1/{signal}", raw))
    agent.close()
    return sent


def passed_on(daemon: Daemon) -> float:
    """How many requests were passed on."""
    return daemon.scrape().sum("obsd_telemetry_forwarded_total", result="sent")


def test_every_request_goes_on_as_it_came(make_daemon: Callable[[str], Daemon], collectors: list[Collector]) -> None:
    collectors.append(Collector(answers=(503, 429, 200)))
    receiving = receiving_for(make_daemon("d"), collectors[0].url)
    sent = send_all(receiving)

    def arrived() -> list[tuple[str, bytes]]:
        bodies = [(path, body) for path, content_type, body in collectors[0].bodies if "protobuf" in content_type]
        return bodies if len(bodies) >= len(sent) else []

    assert wait_until(arrived, "all requests") == sent
    wait_until(lambda: passed_on(receiving.daemon) >= len(sent), "the count")


def test_a_collector_that_is_away_slows_nobody_and_gets_it_later(
    make_daemon: Callable[[str], Daemon], collectors: list[Collector]
) -> None:
    port = free_port()
    receiving = receiving_for(make_daemon("d"), f"http://127.0.0.1:{port}")
    sent = send_all(receiving)
    collectors.append(Collector(port))
    wait_until(lambda: sum("protobuf" in kind for _, kind, _ in collectors[0].bodies) == len(sent))


def test_facts_go_as_log_records(
    make_daemon: Callable[[str], Daemon], collectors: list[Collector], repository: Repository
) -> None:
    collectors.append(Collector())
    daemon = make_daemon("d")
    daemon.configure(f'[telemetry]\nforward = "{collectors[0].url}"')
    daemon.start()
    daemon.add(repository.path, "repo")
    repository.write("a.py", "x = 1\n")
    repository.commit("feat: count to one")
    wanted = {"obsd.SessionStarted", "obsd.CommitMade"}
    wait_until(lambda: wanted <= set(collectors[0].events()), "facts as log records")
    assert collectors[0].events().count("obsd.CommitMade") == 1
    text = json.dumps([json_format.MessageToDict(one) for one in collectors[0].taken])
    assert "feat: count to one" in text


def warnings(daemon: Daemon) -> dict[str, str]:
    """What `obsctl status` warns of: code and text."""
    return {one["code"]: one["text"] for one in daemon.json("status")["warnings"]}


@pytest.mark.parametrize(
    ("answers", "said", "text"),
    [((401,) * 99, b"", "answers 401"), ((), bytes.fromhex("0a020803"), "does not take all")],
    ids=["refused", "in part"],
)
def test_what_a_collector_refuses_is_said(
    make_daemon: Callable[[str], Daemon],
    collectors: list[Collector],
    answers: tuple[int, ...],
    said: bytes,
    text: str,
) -> None:
    collectors.append(Collector(answers=answers, said=said))
    receiving = receiving_for(make_daemon("d"), collectors[0].url.replace("//", "//user:secret@"))
    send_all(receiving)
    # The warning goes when a later request is taken whole; the line in the log stays.
    wait_until(lambda: f"the collector {collectors[0].url[7:]} {text}" in receiving.daemon.log)
    assert "secret" not in str(warnings(receiving.daemon))
    if answers:
        assert text in wait_until(lambda: warnings(receiving.daemon).get("telemetry_not_forwarded"))
        assert refused(receiving.daemon), "and counted"


def refused(daemon: Daemon) -> float:
    """How many requests were refused where they were passed on to."""
    return daemon.scrape().sum("obsd_telemetry_forwarded_total", result="refused")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_forwarding_to_oneself_ends_at_once(make_daemon: Callable[[str], Daemon], host: str) -> None:
    daemon = make_daemon("d")
    receiving = Receiving(daemon)
    port = receiving.http.split(":")[1]
    daemon.configure(f'[telemetry]\nhttp = "{receiving.http}"\nforward = "http://{host}:{port}"')
    assert daemon.obsctl("reload").code == 0
    sent = send_all(receiving)
    assert "leads back" in wait_until(lambda: warnings(daemon).get("telemetry_not_forwarded"))
    wait_until(lambda: refused(daemon) >= len(sent), "all come back, with obsd's own facts")
    assert daemon.scrape().value("obsd_telemetry_requests_total", protocol="http", result="taken") == len(sent)


def test_two_that_forward_to_each_other_end(make_daemon: Callable[[str], Daemon]) -> None:
    one, other = make_daemon("a"), make_daemon("b")
    first, second = Receiving(one), Receiving(other)
    for daemon, own, to in ((one, first, second), (other, second, first)):
        daemon.configure(f'[telemetry]\nhttp = "{own.http}"\nforward = "http://{to.http}"')
        assert daemon.obsctl("reload").code == 0
    sent = send_all(first)
    wait_until(lambda: refused(other) >= len(sent), "all come back")
    for daemon in (one, other):
        taken = daemon.scrape().sum("obsd_telemetry_requests_total", protocol="http", result="taken")
        assert len(sent) <= taken < 2 * len(sent), "each once, and obsd's own facts"
