"""The dashboard of agents and people: who wrote, who committed, and on what evidence.

Owns titles, queries, units and thresholds. The standard library alone.
"""

from __future__ import annotations

from boards import Row, board, values
from dashboards import INTERVAL, MACHINE, WORKSPACE
from panels import GREEN, GREY, RED, YELLOW, Json, bars, pie, time_series, timeline
from queries import WINDOW, Query, growth, of, over_range, over_time, windowed

# Whoever wrote, committed, was present or spoke of itself: one that never committed is among them.
_SPOKEN_OF = (
    "obsd_agent_changes_total|obsd_written_lines_total|obsd_commits_total|obsd_agent_present|obsd_agent_tokens_total"
    "|obsd_agent_sessions_total"
)
AGENT = values("agent", "Agent", f'label_values({{__name__=~"{_SPOKEN_OF}", workspace=~"$workspace"}}, agent)')
BY_AGENT = 'agent=~"$agent"'
ADDED = 'direction="added"'
AFTER_A_WEEK = 'age="7d"'
_COMMITTED = "obsd_commit_origin_lines_total"


def agents() -> Json:
    """Who did it, and on what evidence."""
    return board(
        "obsd-agents",
        "obsd / Agents",
        "Changes, lines, commits and sessions by who made them: agents, people (person), several, and unknown.",
        [MACHINE, WORKSPACE, AGENT, INTERVAL],
        [
            _presence(),
            _written(),
            _committed(),
            _replaced(),
            _by_agent(),
            _shares(),
            _sizes(),
        ],
        since="now-7d",
    )


def _presence() -> Row:
    return Row(
        6,
        [
            timeline(
                "Agents Present",
                "Agents that were there at the last sample of a running session. It says nothing of what they wrote.",
                Query(f"max by (agent) ({of('obsd_agent_present', BY_AGENT)})", "{{agent}}"),
                {"0": ("away", GREY), "1": ("present", GREEN)},
            )
        ],
    )


def _written() -> Row:
    lines = over_range("obsd_written_lines_total", "agent", "", ADDED).expr
    return Row(
        9,
        [
            time_series(
                "Lines Written by Author",
                "Lines added in each interval, committed or not, by who wrote them.",
                [over_time("obsd_written_lines_total", "agent", "{{agent}}", ADDED, BY_AGENT)],
                stacked=True,
                bars=True,
            ),
            bars(
                "Share of Lines Written",
                "The proved part of all lines added in the time shown. What is unknown may be anybody's besides.",
                Query(f"{lines}\n/ scalar(sum({lines}) > 0)", "{{agent}}", instant=True),
                unit="percentunit",
            ),
            pie(
                "Evidence of Changes",
                "How it is known who wrote the changes of the time shown.",
                over_range("obsd_agent_changes_total", "evidence", "{{evidence}}", BY_AGENT),
            ),
        ],
        [10, 8, 6],
    )


def _committed() -> Row:
    agents, open_to_all = 'agent!~"person|several|unknown|before|imported"', 'agent=~"several|unknown"'
    everything = growth(_COMMITTED, "", WINDOW)
    proved = f"({growth(_COMMITTED, '', WINDOW, agents)} or vector(0))"
    unproved = f"({growth(_COMMITTED, '', WINDOW, open_to_all)} or vector(0))"
    return Row(
        9,
        [
            time_series(
                "Agents' Share of Committed Lines",
                "Of the lines that the commits of each interval added: what agents are proved to have written (floor),"
                " and what they may have written at most, with all that is unknown or by several (ceiling).",
                [
                    windowed(f"{proved}\n/ ({everything} > 0)", "floor"),
                    windowed(f"({proved} + {unproved})\n/ ({everything} > 0)", "ceiling"),
                ],
                unit="percentunit",
            ),
            time_series(
                "Committed Lines by Author",
                "Lines added by the commits of each interval, by who wrote them; before and imported: nobody did here.",
                [over_time(_COMMITTED, "agent", "{{agent}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
            bars(
                "Funnel: Written, Committed, Kept",
                "Lines added in the time shown, lines of its commits, and lines of one day that are kept after seven,"
                " by who wrote them. Not every line that is committed was written in the same time.",
                Query(
                    _stage("written", over_range("obsd_written_lines_total", "agent", "", ADDED, BY_AGENT))
                    + "\nor\n"
                    + _stage("committed", over_range(_COMMITTED, "agent", "", BY_AGENT))
                    + "\nor\n"
                    + _stage("kept", Query(f"sum by (agent) ({of('obsd_kept_lines', BY_AGENT, AFTER_A_WEEK)})")),
                    "{{agent}} {{stage}}",
                    instant=True,
                ),
            ),
        ],
        [9, 9, 6],
    )


def _replaced() -> Row:
    return Row(
        9,
        [
            time_series(
                "Lines Replaced Before a Commit",
                "Lines of each author that were gone before they were committed: overridden by somebody else, thrashed"
                " by the author itself. unknown: it is not known who wrote, or who replaced them.",
                [
                    over_time("obsd_overridden_lines_total", "agent", "{{agent}} overridden", BY_AGENT),
                    over_time("obsd_thrashed_lines_total", "agent", "{{agent}} thrashed", BY_AGENT),
                ],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Lines Kept",
                "Of the lines that were committed so many days ago, within 24 hours: those that the default branch"
                " still has, by who wrote them. Measured once a day.",
                [Query(f"sum by (agent, age) ({of('obsd_kept_lines', BY_AGENT)})", "{{agent}} {{age}}")],
            ),
        ],
    )


def _stage(name: str, query: Query) -> str:
    """The series of a query, with a label that says what they count."""
    return f'label_replace({query.expr}, "stage", "{name}", "", "")'


def _by_agent() -> Row:
    return Row(
        9,
        [
            time_series(
                "Commits by Agent",
                "Commits in each interval.",
                [over_time("obsd_commits_total", "agent", "{{agent}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Changes by Agent",
                "Settled changes of files by who wrote them, counted when that is final.",
                [over_time("obsd_agent_changes_total", "agent", "{{agent}}", BY_AGENT)],
                stacked=True,
                bars=True,
            ),
        ],
    )


def _shares() -> Row:
    return Row(
        9,
        [
            pie(
                "Share of Commits",
                "Commits in the time shown, by agent.",
                over_range("obsd_commits_total", "agent", "{{agent}}", BY_AGENT),
            ),
            pie(
                "Evidence of Commits",
                "How it is known who made the commits of the time shown.",
                over_range("obsd_commits_total", "evidence", "{{evidence}}", BY_AGENT),
            ),
            pie(
                "Kinds of Commits",
                "What made the commits of the time shown.",
                over_range("obsd_commits_total", "kind", "{{kind}}", BY_AGENT),
            ),
        ],
    )


def _sizes() -> Row:
    lines = over_range("obsd_commit_lines_total", "agent", "", BY_AGENT).expr
    commits = over_range("obsd_commits_total", "agent", "", BY_AGENT).expr
    length = f"sum by (le, agent) ({of('obsd_session_length_seconds_bucket', BY_AGENT)})"
    return Row(
        9,
        [
            bars(
                "Lines of Commits by Agent",
                "Lines added and removed by the commits of the time shown.",
                over_range("obsd_commit_lines_total", "agent, direction", "{{agent}} {{direction}}", BY_AGENT),
            ),
            bars(
                "Lines per Commit",
                "Lines added and removed by a commit in the time shown, on average.",
                Query(f"{lines}\n/ ({commits} > 0)", "{{agent}}", instant=True),
                steps=[(None, GREEN), (200, YELLOW), (500, RED)],
            ),
            bars(
                "Median Session Length",
                "Half of all ended sessions were shorter; by the agent that made commits in them.",
                Query(f"histogram_quantile(0.5, {length})", "{{agent}}", instant=True),
                unit="s",
            ),
        ],
    )
