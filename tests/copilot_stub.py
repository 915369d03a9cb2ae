"""GitHub's usage metrics of Copilot on loopback: reports of days behind signed links, as documented, in all states."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghp_of-the-test"
VERSION = "2026-03-10"

Report = list[dict[str, Any]]


def user(day: str, login: str = "ada", number: int = 1, **changed: Any) -> dict[str, Any]:
    """A user's day, as documented; `changed` replaces whole fields."""
    completion = {
        "feature": "code_completion",
        "code_generation_activity_count": 20,
        "code_acceptance_activity_count": 8,
        "loc_suggested_to_add_sum": 60,
        "loc_suggested_to_delete_sum": 0,
        "loc_added_sum": 24,
        "loc_deleted_sum": 0,
        "user_initiated_interaction_count": 0,
    }
    agent = {"feature": "agent_edit", "code_generation_activity_count": 0, "loc_added_sum": 40, "loc_deleted_sum": 6}
    return {
        "day": day,
        "organization_id": "9",
        "user_id": number,
        "user_login": login,
        "user_initiated_interaction_count": 5,
        "code_generation_activity_count": 22,
        "code_acceptance_activity_count": 9,
        "loc_suggested_to_add_sum": 70,
        "loc_suggested_to_delete_sum": 2,
        "loc_added_sum": 64,
        "loc_deleted_sum": 6,
        "used_agent": True,
        "used_chat": True,
        "used_cli": False,
        "ai_credits_used": 12.5,
        "totals_by_ide": [{"ide": "vscode"}],
        "totals_by_feature": [completion, agent, {"feature": "chat_panel_ask_mode", "loc_added_sum": 3}],
        "totals_by_language_feature": [],
        "etl_id": "green",
    } | changed


def totals(day: str, **changed: Any) -> dict[str, Any]:
    """An organization's day, as documented."""
    return {
        "organization_id": "9",
        "report_start_day": day,
        "report_end_day": day,
        "day_totals": [
            {
                "day": day,
                "daily_active_users": 2,
                "weekly_active_users": 3,
                "monthly_active_users": 4,
                "loc_added_sum": 128,
                "pull_requests": {"total_created": 5, "total_created_by_copilot": 2, "median_minutes_to_merge": 2.5},
            }
            | changed
        ],
    }


def member(day: str, number: int, slug: str) -> dict[str, Any]:
    """One team of a user."""
    return {"day": day, "organization_id": "9", "user_id": number, "user_login": "x", "team_id": 7, "slug": slug}


def repository(day: str, name: str = "shop") -> dict[str, Any]:
    """A repository's day."""
    return {
        "day": day,
        "organization_id": "9",
        "repo_id": 3,
        "repo_owner_name": "acme",
        "repo_name": name,
        "repo_visibility": "private",
        "pull_requests": {"total_created": 4, "total_merged": 3, "total_merged_created_by_copilot": 1},
    }


class Copilot(ThreadingHTTPServer):
    """Answers with `reports`, by kind and day; a report may be in several files.

    `code` and `body` replace the answer about a report, `file_code` and `file_body` the file. `expired` links in a row
    are valid no longer. `links` replaces the list of links. `asked` and `fetched` have the requests.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reports: dict[tuple[str, str], list[Report]] = {}
        self.code = 200
        self.body: bytes | None = None
        self.headers: dict[str, str] = {}
        self.file_code = 200
        self.file_body: bytes | None = None
        self.file_headers: dict[str, str] = {}
        self.expired = 0
        self.links: list[Any] | None = None
        self.base = "/orgs/acme"
        self.asked: list[tuple[str, str]] = []
        self.fetched: list[Mapping[str, str]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, kind: str, day: str, *records: dict[str, Any]) -> None:
        """Makes a report of one file."""
        self.reports[kind, day] = [list(records)]

    def answer(self, kind: str, day: str) -> bytes | None:
        """The answer about a report; None without one."""
        files = self.reports.get((kind, day))
        if files is None and self.links is None:
            return None
        links = [f"{self.url}/file?kind={kind}&day={day}&n={n}&sig=secret" for n in range(len(files or ()))]
        return json.dumps({"download_links": links if self.links is None else self.links, "report_day": day}).encode()

    def file(self, kind: str, day: str, number: int) -> bytes:
        """A file: a record on each line."""
        return b"".join(json.dumps(record).encode() + b"\n" for record in self.reports[kind, day][number])


class _Handler(BaseHTTPRequestHandler):
    server: Copilot

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/file":
            self._file(query)
        else:
            self._report(parts.path, query.get("day", ""))

    def _file(self, query: Mapping[str, str]) -> None:
        self.server.fetched.append({name.lower(): value for name, value in self.headers.items()})
        if self.server.expired:
            self.server.expired -= 1
            self._send(403, b"<Error>expired</Error>", {})
            return
        body = self.server.file_body
        if body is None:
            body = self.server.file(query["kind"], query["day"], int(query["n"]))
        self._send(self.server.file_code, body, self.server.file_headers)

    def _report(self, path: str, day: str) -> None:
        base, _, kind = path.partition("/copilot/metrics/reports/")
        self.server.asked.append((kind, day))
        if self.headers["Authorization"] != f"Bearer {TOKEN}" or self.headers["X-GitHub-Api-Version"] != VERSION:
            self._send(401, b"{}", {})
        elif base != self.server.base or self.server.code != 200:
            self._send(404 if base != self.server.base else self.server.code, b"{}", self.server.headers)
        else:
            body = self.server.body if self.server.body is not None else self.server.answer(kind, day)
            self._send(204 if body is None else 200, body or b"", self.server.headers)

    def _send(self, code: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        known = {} if code == 204 else {"Content-Length": str(len(body))}
        for name, value in (known | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: tests are quiet."""
