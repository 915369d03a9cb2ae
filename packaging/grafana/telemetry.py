"""The dashboard of what agents say of themselves, laid beside what was seen.

Owns titles, queries, units and thresholds. The standard library alone.
"""

from __future__ import annotations

from agents import AGENT, BY_AGENT
from boards import Row, board, interval
from dashboards import MACHINE, WORKSPACE
from panels import GREEN, RED, YELLOW, Json, bars, pie, stat, time_series
from queries import DAEMON, Query, of, over_range, over_time

INTERVAL = interval("5m", "15m", "1h", "6h", "1d", chosen="1h")


def telemetry() -> Json:
    """Tokens, cost, tools and edits by agent, and their declarations against the facts."""
    return board(
        "obsd-telemetry",
        "obsd / What agents say",
        "From the agents' own telemetry: what they declare, and beside it what was seen.",
        [MACHINE, WORKSPACE, AGENT, INTERVAL],
        [_totals(), _use(), _tools(), _against_the_facts(), _vendors(), _editors(), _requests(), _receiver()],
        since="now-7d",
    )


def _totals() -> Row:
    heard = of("obsd_telemetry_last_seen_timestamp_seconds", BY_AGENT)
    return Row(
        4,
        [
            stat(
                "Cost",
                "Where the agent says so, in the time shown.",
                over_range("obsd_agent_cost_usd_total", "agent", "{{agent}}", BY_AGENT),
                unit="currencyUSD",
            ),
            stat(
                "Time Active",
                "Time that each agent says it was active, in the time shown.",
                over_range("obsd_agent_active_seconds_total", "agent", "{{agent}}", BY_AGENT),
                unit="s",
            ),
            stat(
                "Last Heard",
                "Time since telemetry of an agent came in. One that is at work and silent has stopped to export.",
                Query(f"time() - max by (agent) ({heard})", "{{agent}}", instant=True),
                unit="s",
            ),
        ],
    )


def _use() -> Row:
    return Row(
        9,
        [
            time_series(
                "Tokens by Agent",
                "Tokens used in each interval, as the agents count them.",
                [over_time("obsd_agent_tokens_total", "agent", "{{agent}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Tokens by Kind",
                "Tokens used in each interval.",
                [over_time("obsd_agent_tokens_total", "kind", "{{kind}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Cost by Agent",
                "Where the agent says so, in each interval.",
                [over_time("obsd_agent_cost_usd_total", "agent", "{{agent}}", BY_AGENT)],
                unit="currencyUSD",
                stacked=True,
                bars=True,
            ),
        ],
    )


def _tools() -> Row:
    return Row(
        9,
        [
            pie(
                "Decisions",
                "What became of the tools that agents wanted to run, in the time shown.",
                over_range("obsd_agent_tool_decisions_total", "decision", "{{decision}}", BY_AGENT),
            ),
            bars(
                "Tools",
                "Tools that ran in the time shown.",
                over_range("obsd_agent_tool_calls_total", "tool, result", "{{tool}} {{result}}", BY_AGENT),
            ),
            bars(
                "Edits",
                "Edits that were accepted or rejected in the time shown.",
                over_range("obsd_agent_edits_total", "agent, outcome", "{{agent}} {{outcome}}", BY_AGENT),
            ),
        ],
    )


def _against_the_facts() -> Row:
    return Row(
        9,
        [
            time_series(
                "Commits: Declared and Seen",
                "Commits that agents say they made, and those that were seen to be theirs.",
                [
                    over_time("obsd_agent_declared_commits_total", "agent", "{{agent}} says", BY_AGENT),
                    over_time("obsd_commits_total", "agent", "{{agent}} seen", BY_AGENT, 'agent!~"unknown|person"'),
                ],
                bars=True,
            ),
            time_series(
                "Lines: Declared and Committed",
                "Lines that agents say they changed, and those of the commits that were seen to be theirs.",
                [
                    over_time("obsd_agent_declared_lines_total", "agent", "{{agent}} says", BY_AGENT),
                    over_time(
                        "obsd_commit_lines_total",
                        "agent",
                        "{{agent}} committed",
                        BY_AGENT,
                        'agent!~"unknown|person"',
                    ),
                ],
                bars=True,
            ),
        ],
    )


def _vendors() -> Row:
    last = 'obsd_vendor_usage{machine=~"$machine", measure=~"lines_added|completions_accepted|edits_accepted"}'
    ended = f"obsd_vendor_usage_day_timestamp_seconds{DAEMON}"
    return Row(
        8,
        [
            time_series(
                "Vendors' Last Day",
                "What vendors counted on the last day that is over and was read. `obsctl usage` compares days.",
                [Query(f"max by (vendor, measure) ({last})", "{{vendor}} {{measure}}")],
            ),
            stat(
                "Vendors' Days End",
                "How long ago the day ended that a vendor's number is of. Copilot's comes a day later than others.",
                Query(f"time() - max by (vendor) ({ended})", "{{vendor}}", instant=True),
                unit="s",
            ),
        ],
    )


def _editors() -> Row:
    return Row(
        8,
        [
            bars(
                "Suggestions in Editors",
                "What became of suggestions in the time shown, by the word of the editor's extension.",
                over_range("obsd_suggestions_total", "provider, outcome", "{{provider}} {{outcome}}"),
            ),
            time_series(
                "Suggested Lines",
                "Lines of suggestions that were accepted, and of those that were undone after it, in each interval.",
                [over_time("obsd_suggested_lines_total", "outcome", "{{outcome}}")],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Committed Lines by Editors' Word",
                "Lines that the commits of each interval added, and whose author an editor's extension reported.",
                [over_time("obsd_commit_origin_lines_total", "agent", "{{agent}}", 'evidence="editor"')],
                stacked=True,
                bars=True,
            ),
        ],
    )


def _requests() -> Row:
    latency = f"sum by (le, agent) ({of('obsd_agent_request_seconds_bucket', BY_AGENT)})"
    return Row(
        8,
        [
            time_series(
                "Requests to Models",
                "Requests in each interval, and what became of them.",
                [over_time("obsd_agent_requests_total", "result", "{{result}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
            bars(
                "Slow Requests",
                "Of all requests to models, 95 in 100 were faster.",
                Query(f"histogram_quantile(0.95, {latency})", "{{agent}}", instant=True),
                unit="s",
                steps=[(None, GREEN), (20, YELLOW), (60, RED)],
            ),
            time_series(
                "Sessions Begun",
                "Sessions that agents say they began, in each interval.",
                [over_time("obsd_agent_sessions_total", "agent", "{{agent}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
        ],
    )


def _receiver() -> Row:
    return Row(
        7,
        [
            time_series(
                "Received",
                "Points, events and spans that came in, and what became of them.",
                [
                    Query(
                        f"sum by (result) (rate(obsd_telemetry_items_total{DAEMON}[$__rate_interval]))",
                        "{{result}}",
                    )
                ],
                unit="cps",
            ),
            time_series(
                "Requests Received",
                "Requests that the receiver was sent, and what became of them.",
                [
                    Query(
                        f"sum by (protocol, result) (rate(obsd_telemetry_requests_total{DAEMON}[$__rate_interval]))",
                        "{{protocol}} {{result}}",
                    )
                ],
                unit="reqps",
            ),
        ],
    )
