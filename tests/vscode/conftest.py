"""The editor of each test, with what it sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from tests.vscode.editor import PATIENCE_SECONDS, SERVER, Editor, editor, missing, without_proposal

DIST: Final = Path(__file__).parents[2] / "dist"
SETTINGS: Final = {
    "files.autoSave": "off",
    "editor.autoClosingBrackets": "never",
    "editor.inlineSuggest.minShowDelay": 0,
    "editor.find.seedSearchStringFromSelection": "never",
    "obsd.statusBar": False,
}


@dataclass
class Reports:
    """What was received as logs, in order: the name and the attributes of each."""

    records: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)

    def take(self, path: str, body: dict[str, Any]) -> None:
        """Takes a request."""
        if path == "/v1/metrics":
            self.metrics.append(body)
            return
        for record in body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
            attributes = {one["key"]: _plain(one["value"]) for one in record["attributes"]}
            self.records.append((attributes.pop("event.name"), attributes))

    def of(self, name: str, **words: Any) -> list[dict[str, Any]]:
        """Those of a name with these attributes."""
        return [found for title, found in self.records if title == name and words.items() <= found.items()]


@dataclass
class Window:
    """An editor, and what it reported."""

    editor: Editor
    reports: Reports

    def saved(self, file: Path) -> dict[str, tuple[int, int]]:
        """Saves; returns characters inserted and removed by origin, as they are reported."""
        before = len(self.reports.of("obsd.editor.saved", path=str(file)))
        assert self.editor.act("save")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(self.reports.of("obsd.editor.saved", path=str(file))) == before:
            assert time.monotonic() < deadline, "no save was reported"
            self.editor.act("flush")
            time.sleep(0.02)
        parts = json.loads(self.reports.of("obsd.editor.saved", path=str(file))[-1]["changes"])
        return {part["origin"]: (part["inserted"], part["removed"]) for part in parts}


@pytest.fixture(scope="session")
def vsix() -> Path:
    """The extension as it is shipped."""
    found = sorted(DIST.glob("obsd-vscode-*.vsix"))
    if not found or missing():
        pytest.skip(f"`make test-vscode` brings what is missing: {missing() or 'the extension'}")
    return found[-1]


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory, vsix: Path) -> Iterator[Window]:
    """The editor, which gives this server's extensions every proposal."""
    yield from _window(tmp_path_factory.mktemp("exact"), vsix)


@pytest.fixture(scope="module")
def basic_window(tmp_path_factory: pytest.TempPathFactory, vsix: Path) -> Iterator[Window]:
    """An editor that gives the extension no proposal."""
    place = tmp_path_factory.mktemp("basic")
    yield from _window(place, vsix, without_proposal(place))


def _window(place: Path, vsix: Path, program: Path = SERVER) -> Iterator[Window]:
    reports = Reports()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reports.take(self.path, json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder = place / "work"
    folder.mkdir()
    settings = {**SETTINGS, "obsd.endpoint": f"http://127.0.0.1:{server.server_address[1]}"}
    try:
        with editor(place, folder, vsix, settings, server=program) as running:
            yield Window(running, reports)
    finally:
        server.shutdown()
        server.server_close()


def _plain(value: dict[str, Any]) -> Any:
    ((kind, plain),) = value.items()
    return int(plain) if kind == "intValue" else plain
