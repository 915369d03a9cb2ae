"""The fields of GitHub Copilot's reports of a day, and what each counts. Pure, any thread.

Owns the fields' names, of version 2026-03-10. A feature that has no suggestions (`agent_edit`) gives lines alone, and
rejections are in no report: what a report cannot say has no figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from obsd.usage.fields import amounts, table, tables

_CODE: Final = {
    "user_initiated_interaction_count": "interactions",
    "code_generation_activity_count": "generations",
    "code_acceptance_activity_count": "acceptances",
    "loc_suggested_to_add_sum": "lines_suggested_added",
    "loc_suggested_to_delete_sum": "lines_suggested_removed",
    "loc_added_sum": "lines_added",
    "loc_deleted_sum": "lines_removed",
    "ai_credits_used": "ai_credits",
}
_FEATURES: Final[Mapping[str, Mapping[str, str]]] = {
    "code_completion": {
        "code_generation_activity_count": "completions_shown",
        "code_acceptance_activity_count": "completions_accepted",
        "loc_suggested_to_add_sum": "completion_lines_suggested",
        "loc_added_sum": "completion_lines_added",
    },
    "agent_edit": {"loc_added_sum": "agent_lines_added", "loc_deleted_sum": "agent_lines_removed"},
}
_CLI: Final = {"session_count": "cli_sessions", "request_count": "cli_requests", "prompt_count": "cli_prompts"}
_TOKENS: Final = {"prompt_tokens_sum": "input_tokens", "output_tokens_sum": "output_tokens"}
_USERS: Final = {
    "daily_active_users": "active_users",
    "weekly_active_users": "weekly_active_users",
    "monthly_active_users": "monthly_active_users",
}
_PULL_REQUESTS: Final = {
    "total_created": "pull_requests_created",
    "total_created_by_copilot": "pull_requests_created_by_agent",
    "total_reviewed": "pull_requests_reviewed",
    "total_reviewed_by_copilot": "pull_requests_reviewed_by_agent",
    "total_merged": "pull_requests_merged",
    "total_merged_created_by_copilot": "pull_requests_merged_by_agent",
}
MEASURES: Final = (
    *_CODE.values(),
    *(measure for measures in _FEATURES.values() for measure in measures.values()),
    *_CLI.values(),
    *_TOKENS.values(),
    *_USERS.values(),
    *_PULL_REQUESTS.values(),
)
"""In the order in which they are shown."""
BREAKS: Final[Mapping[str, frozenset[str]]] = {
    "2026-04-10": frozenset({"interactions", "generations", "acceptances", "lines_added", "lines_removed"}),
    "2026-07-02": frozenset({"lines_suggested_added", "lines_suggested_removed"}),
}
"""Days from which on measures count more than before: the command line's activity, and the lines it suggested."""


def of_code(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The measures of a user's day, which an organisation's has as well."""
    yield from amounts(record, _CODE)
    for feature in tables(record, "totals_by_feature"):
        yield from amounts(feature, _FEATURES.get(str(feature.get("feature")), {}))
    cli = table(record, "totals_by_cli")
    yield from amounts(cli, _CLI)
    yield from amounts(table(cli, "token_usage"), _TOKENS)


def of_totals(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The measures of an organisation's or an enterprise's day."""
    yield from amounts(record, _USERS)
    yield from of_code(record)
    yield from of_repository(record)


def of_repository(record: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The measures of pull requests."""
    yield from amounts(table(record, "pull_requests"), _PULL_REQUESTS)
