"""The first row of the dashboards: what today brought, in numbers, whatever time is shown below.

Owns the queries of those numbers. The standard library alone.
"""

from __future__ import annotations

from boards import Row
from links import linked
from panels import Json, stat
from queries import RANGE, Query, growth, of, total

AGENTS, OPEN = 'agent!~"person|several|unknown"', 'agent=~"several|unknown"'
_WRITTEN, _ADDED = "obsd_written_lines_total", 'direction="added"'


def today() -> Row:
    """Sessions, commits, lines, agents' share and cost since midnight, and the sessions that run."""
    return Row(
        4,
        [
            linked(_since_midnight(_sessions()), "obsd-agents", "Who worked"),
            linked(_since_midnight(_commits()), "obsd-agents", "Who committed"),
            linked(_since_midnight(_lines()), "obsd-agents", "Who wrote"),
            linked(_since_midnight(_share()), "obsd-agents", "Who wrote"),
            linked(_since_midnight(_cost()), "obsd-telemetry", "What agents say"),
            _duration(),
        ],
    )


def _since_midnight(panel: Json) -> Json:
    return {**panel, "timeFrom": "now/d"}


def _sessions() -> Json:
    running = f"(sum({of('copilot_session_active')}) or vector(0))"
    return stat(
        "Sessions Today",
        "Sessions that ended today, and those that run.",
        Query(f"{total('obsd_session_length_seconds_count')} + {running}", "sessions", instant=True),
    )


def _commits() -> Json:
    return stat(
        "Commits Today",
        "Commits made here today.",
        Query(total("obsd_commits_total"), "commits", instant=True),
    )


def _lines() -> Json:
    return stat(
        "Lines Written Today",
        "Lines added today, committed or not, by whomever.",
        Query(total(_WRITTEN, _ADDED), "lines", instant=True),
    )


def _share() -> Json:
    everything = growth(_WRITTEN, "", RANGE, _ADDED)
    agents, unproved = total(_WRITTEN, _ADDED, AGENTS), total(_WRITTEN, _ADDED, OPEN)
    panel = stat(
        "Agents' Share Today",
        "Of the lines added today: what agents are proved to have written, and what they may have written at most.",
        Query(f"{agents}\n/ ({everything} > 0)", "proved", instant=True),
        Query(f"({agents} + {unproved})\n/ ({everything} > 0)", "at most", instant=True),
        unit="percentunit",
    )
    panel["fieldConfig"]["defaults"]["decimals"] = 0
    return panel


def _cost() -> Json:
    return stat(
        "Cost Today",
        "What agents say that they cost today; nothing where none says it.",
        Query(growth("obsd_agent_cost_usd_total", "", RANGE), "declared", instant=True),
        unit="currencyUSD",
    )


def _duration() -> Json:
    return stat(
        "Session Duration Now",
        "Length of each session that runs; 0 when none runs.",
        Query(
            f"max by (machine, workspace) ({of('copilot_session_duration_seconds')})",
            "{{workspace}} {{machine}}",
            instant=True,
        ),
        unit="s",
    )
