"""Claude Code's analytics: Anthropic's counts of each person's day. Blocking: a worker thread.

Source: `GET /v1/organizations/usage_report/claude_code`, version 2023-06-01, with an admin key. Owns the fields' names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from obsd.config_sections import AnthropicConfig
from obsd.facts.usage import UsageFigure
from obsd.text import printable
from obsd.usage.requests import UsageError, get_json, read_token

VENDOR: Final = "anthropic"
AGENT: Final = "claude-code"
"""Whose numbers on this machine the vendor's are compared with."""
SETTLED_SECONDS: Final = 6 * 3600.0
"""So long after a day's end it is taken as settled: the numbers come about an hour late."""
MAX_PAGES: Final = 50
MAX_PEOPLE: Final = 2000
MAX_NAME_CHARACTERS: Final = 200
MAX_AMOUNT: Final = 1e15
_PATH: Final = "/v1/organizations/usage_report/claude_code"
_CORE: Final = {
    "num_sessions": "sessions",
    "commits_by_claude_code": "commits",
    "pull_requests_by_claude_code": "pull_requests",
}
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


def read_day(config: AnthropicConfig, day: str) -> tuple[UsageFigure, ...]:
    """The figures of a day (UTC), summed over terminals and models. Raises UsageError: then nothing of it is used."""
    headers = {"x-api-key": read_token(config.token_file), "anthropic-version": "2023-06-01"}
    sums: dict[tuple[str, str], float] = {}
    for record in _records(config.url, headers, day):
        person = _person(record)
        for measure, amount in _measures(record):
            sums[person, measure] = sums.get((person, measure), 0.0) + amount
    if len({person for person, _ in sums}) > MAX_PEOPLE:
        raise UsageError(f"its day has more than {MAX_PEOPLE} people", "so large an organisation is not supported")
    return tuple(UsageFigure(person, measure, amount) for (person, measure), amount in sorted(sums.items()))


def _records(url: str, headers: Mapping[str, str], day: str) -> Iterator[Mapping[str, Any]]:
    page = ""
    for _ in range(MAX_PAGES):
        query = {"starting_at": day, "limit": "1000"} | ({"page": page} if page else {})
        answer = get_json(f"{url}{_PATH}?{urlencode(query)}", headers)
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise _changed("data")
        for record in answer["data"]:
            if not isinstance(record, dict) or not str(record.get("date", "")).startswith(day):
                raise _changed("date")
            yield record
        if not answer.get("has_more"):
            return
        following = answer.get("next_page")
        if not isinstance(following, str) or not following:
            raise _changed("next_page")
        page = following
    raise UsageError(f"its day has more than {MAX_PAGES} pages", "so large an organisation is not supported")


def _person(record: Mapping[str, Any]) -> str:
    actor = _table(record, "actor")
    name = actor.get("email_address") or actor.get("api_key_name")
    if not isinstance(name, str) or not name:
        raise _changed("actor")
    return printable(name[:MAX_NAME_CHARACTERS])


def _measures(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    core = _table(record, "core_metrics")
    yield from _named(core, _CORE)
    yield from _named(_table(core, "lines_of_code"), {"added": "lines_added", "removed": "lines_removed"})
    for tool in _table(record, "tool_actions").values():
        if isinstance(tool, dict):
            yield from _named(tool, {"accepted": "edits_accepted", "rejected": "edits_rejected"})
    models = record.get("model_breakdown", [])
    if not isinstance(models, list) or not all(isinstance(model, dict) for model in models):
        raise _changed("model_breakdown")
    for model in models:
        yield from _named(_table(model, "tokens"), _TOKENS)
        cost = _table(model, "estimated_cost")
        # Of another currency nothing is said: it cannot be added.
        if cost.get("currency") == "USD":
            yield from ((name, amount / 100) for name, amount in _named(cost, {"amount": "cost_usd"}))


def _named(table: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """The measures that are there; one that is not has no figure, and one that is no number is an error."""
    for key, measure in names.items():
        value = table.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_AMOUNT:
            raise _changed(key)
        yield measure, float(value)


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = parent.get(key) or {}
    if not isinstance(value, dict):
        raise _changed(key)
    return value


def _changed(field: str) -> UsageError:
    return UsageError(f"its field {field} is not as documented", "the interface has changed; update obsd")
