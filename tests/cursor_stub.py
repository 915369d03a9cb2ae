"""Cursor's Admin API and its attributions of commits on loopback, as documented."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "crsr_of-the-test"


def record(day: str, email: str = "ada@example.org", **changed: Any) -> dict[str, Any]:
    """A person's day, as documented; `changed` replaces fields."""
    return {
        "date": int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000),
        "isActive": True,
        "totalLinesAdded": 150,
        "totalLinesDeleted": 40,
        "acceptedLinesAdded": 110,
        "acceptedLinesDeleted": 30,
        "totalApplies": 9,
        "totalAccepts": 7,
        "totalRejects": 2,
        "totalTabsShown": 34,
        "totalTabsAccepted": 28,
        "composerRequests": 4,
        "chatRequests": 12,
        "agentRequests": 1,
        "mostUsedModel": "gpt-5",
        "clientVersion": "1.7",
        "email": email,
    } | changed


def commit(commit_id: str, day: str, **changed: Any) -> dict[str, Any]:
    """A commit, as documented, with the message that nobody wants."""
    return {
        "commitHash": commit_id,
        "userId": "user_1",
        "userEmail": "ada@example.org",
        "repoName": "acme/shop",
        "branchName": "main",
        "totalLinesAdded": 120,
        "totalLinesDeleted": 30,
        "tabLinesAdded": 50,
        "composerLinesAdded": 40,
        "nonAiLinesAdded": 30,
        "message": "a secret plan",
        "commitTs": f"{day}T14:12:03.000Z",
        "createdAt": f"{day}T14:12:30.000Z",
    } | changed


class Cursor(ThreadingHTTPServer):
    """Answers with `pages` of records and `commits`; or with `code`, `headers` and `body`, when they are set.

    `asked` has the path, and the query or the document, of each request.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: list[list[dict[str, Any]]] = [[]]
        self.commits: list[dict[str, Any]] = []
        self.code = 200
        self.body: bytes | None = None
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Cursor

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        page = request.get("page", 1)
        pages = self.server.pages
        answer: dict[str, Any] = {"data": pages[page - 1] if page <= len(pages) else [], "period": request}
        if len(pages) > 1:
            answer["pagination"] = {"page": page, "hasNextPage": page < len(pages)}
        self._send("/teams/daily-usage-data", request, answer)

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        page, size = int(query.get("page", 1)), int(query.get("pageSize", 100))
        items = self.server.commits[(page - 1) * size : page * size]
        answer = {"items": items, "totalCount": len(self.server.commits), "page": page, "pageSize": size}
        self._send("/analytics/ai-code/commits", query, answer)

    def _send(self, path: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        self.server.asked.append((urlsplit(self.path).path, request))
        expected = base64.b64encode(f"{KEY}:".encode()).decode()
        code = self.server.code if urlsplit(self.path).path == path else 404
        if self.headers["Authorization"] != f"Basic {expected}":
            code = 401
        body = self.server.body if self.server.body is not None else json.dumps(answer).encode()
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | self.server.headers).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests are quiet."""
