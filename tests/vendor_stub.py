"""A vendor's usage interface on loopback: speaks Anthropic's documented analytics over HTTP, in all states."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-ant-admin-of-the-test"


def record(day: str, email: str = "ada@example.org", **changed: Any) -> dict[str, Any]:
    """One person's day at one terminal, as documented; `changed` replaces whole fields."""
    return {
        "date": f"{day}T00:00:00Z",
        "actor": {"type": "user_actor", "email_address": email},
        "organization_id": "dc9f6c26",
        "customer_type": "api",
        "terminal_type": "vscode",
        "core_metrics": {
            "num_sessions": 2,
            "lines_of_code": {"added": 10, "removed": 3},
            "commits_by_claude_code": 1,
            "pull_requests_by_claude_code": 0,
        },
        "tool_actions": {"edit_tool": {"accepted": 4, "rejected": 1}, "write_tool": {"accepted": 2, "rejected": 0}},
        "model_breakdown": [
            {
                "model": "claude-opus-4",
                "tokens": {"input": 100, "output": 20, "cache_read": 7, "cache_creation": 5},
                "estimated_cost": {"currency": "USD", "amount": 125},
            }
        ],
    } | changed


class Vendor(ThreadingHTTPServer):
    """Answers with `days`, a page for each list of records; or with `code`, `headers` and `body`, when they are set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.days: dict[str, list[list[dict[str, Any]]]] = {}
        self.code = 200
        self.body: bytes | None = None
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, query: dict[str, list[str]]) -> bytes:
        """The page that is asked for."""
        day, page = query["starting_at"][0], int(query.get("page", ["0"])[0])
        pages = self.days.get(day, [[]])
        more = page + 1 < len(pages)
        return json.dumps(
            {"data": pages[page], "has_more": more, "next_page": str(page + 1) if more else None, "added_field": 1}
        ).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.server.asked.append(query.get("starting_at", [""])[0])
        known = self.headers["x-api-key"] == KEY and self.headers["anthropic-version"] == "2023-06-01"
        there = parts.path == "/v1/organizations/usage_report/claude_code"
        code = self.server.code if known and there else 404 if known else 401
        body = self.server.body if self.server.body is not None else self.server.answer(query) if code == 200 else b"{}"
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | self.server.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests are quiet."""
