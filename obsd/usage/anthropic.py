"""Claude Code's analytics: Anthropic's counts of each person's day. Blocking: a worker thread.

Source: `GET /v1/organizations/usage_report/claude_code`, version 2023-06-01, with an admin key. Owns the fields' names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from obsd.config_sections import AnthropicConfig
from obsd.usage.fields import Sums, amounts, changed, name, table, tables
from obsd.usage.requests import UsageError, get_json, read_token
from obsd.usage.steps import DayRead

MAX_PAGES: Final = 50
_PATH: Final = "/v1/organizations/usage_report/claude_code"
_CORE: Final = {
    "num_sessions": "sessions",
    "commits_by_claude_code": "commits",
    "pull_requests_by_claude_code": "pull_requests",
}
_LINES: Final = {"added": "lines_added", "removed": "lines_removed"}
_EDITS: Final = {"accepted": "edits_accepted", "rejected": "edits_rejected"}
_TOKENS: Final = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_creation": "cache_creation_tokens",
}
MEASURES: Final = (
    *("sessions", "lines_added", "lines_removed", "commits", "pull_requests", "edits_accepted", "edits_rejected"),
    *_TOKENS.values(),
    "cost_usd",
)
"""In the order in which they are shown."""


def read(config: AnthropicConfig, days: Sequence[str]) -> Iterator[DayRead]:
    """The figures of days (UTC), summed over terminals and models.

    Raises UsageError: then nothing of the day at hand is used.
    """
    headers = {"x-api-key": read_token(config.token_file), "anthropic-version": "2023-06-01"}
    for day in days:
        sums = Sums()
        for record in _records(config.url, headers, day):
            actor = table(record, "actor")
            if not (actor.get("email_address") or actor.get("api_key_name")):
                raise changed("actor")
            sums.add("person", name(actor, "email_address", "api_key_name"), _measures(record))
        yield DayRead.of(day, sums)


def _records(url: str, headers: Mapping[str, str], day: str) -> Iterator[Mapping[str, Any]]:
    page = ""
    for _ in range(MAX_PAGES):
        query = {"starting_at": day, "limit": "1000"} | ({"page": page} if page else {})
        answer = get_json(f"{url}{_PATH}?{urlencode(query)}", headers)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise changed("data")
        for record in answer["data"]:
            if not isinstance(record, dict) or not str(record.get("date", "")).startswith(day):
                raise changed("date")
            yield record
        if not answer.get("has_more"):
            return
        following = answer.get("next_page")
        if not isinstance(following, str) or not following:
            raise changed("next_page")
        page = following
    raise UsageError(f"its day has more than {MAX_PAGES} pages", "so large an organisation is not supported")


def _measures(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    core = table(record, "core_metrics")
    yield from amounts(core, _CORE)
    yield from amounts(table(core, "lines_of_code"), _LINES)
    for tool in table(record, "tool_actions").values():
        if isinstance(tool, dict):
            yield from amounts(tool, _EDITS)
    for model in tables(record, "model_breakdown"):
        yield from amounts(table(model, "tokens"), _TOKENS)
        cost = table(model, "estimated_cost")
        # Of another currency nothing is said: it cannot be added.
        if cost.get("currency") == "USD":
            yield from ((measure, amount / 100) for measure, amount in amounts(cost, {"amount": "cost_usd"}))
