"""The dashboard of many machines, from the series that rules/obsd.fleet.yml records, and from no others.

Owns titles, queries, units and thresholds. The standard library alone.
"""

from __future__ import annotations

from boards import Row, board, interval, values
from dashboards import FAULT
from panels import GREEN, YELLOW, Json, bars, pie, stat, table, time_series
from queries import DAEMON, RANGE, WINDOW, Query, growth, of, windowed

FLEET_MACHINE = values("machine", "Machine", "label_values(machine:obsd_up_since_timestamp_seconds:max, machine)")
FLEET_WORKSPACE = values(
    "workspace",
    "Workspace",
    'label_values(machine_workspace:obsd_watcher_up:min{machine=~"$machine"}, workspace)',
)
FLEET_AGENT = values(
    "agent", "Agent", "label_values(machine_workspace_agent:obsd_written_lines_added_total:sum, agent)"
)
FLEET_INTERVAL = interval("15m", "1h", "6h", "1d", "7d", chosen="1h")
FLEET_COMMITS = "machine_workspace_agent:obsd_commits_total:sum"
FLEET_WRITTEN = "machine_workspace_agent:obsd_written_lines_added_total:sum"
FLEET_LINES = "machine_workspace_agent:obsd_commit_lines_total:sum"
FLEET_FILES = "machine_workspace:copilot_files_modified_total:sum"
FLEET_SINCE = f"machine:obsd_up_since_timestamp_seconds:max{DAEMON}"
BY_AGENT = 'agent=~"$agent"'


def fleet_growth(series: str, by: str, window: str, *matchers: str) -> str:
    """Growth of recorded sums; an agent that is new to a workspace has a series from its first count on."""
    return growth(series, by, window, *matchers, since=FLEET_SINCE, scraped="machine")


def by_agent(series: str) -> Query:
    """Growth of recorded sums in each window, by agent."""
    return windowed(fleet_growth(series, "agent", WINDOW, BY_AGENT), "{{agent}}")


def fleet() -> Json:
    """All machines, from the series that the fleet's rules record."""

    return board(
        "obsd-fleet",
        "obsd / Fleet",
        "All machines that send on to this store.",
        [FLEET_MACHINE, FLEET_WORKSPACE, FLEET_AGENT, FLEET_INTERVAL],
        [
            _totals(),
            _written(),
            _commits(),
            _busiest(),
            _lists(),
        ],
        since="now-7d",
        marked=False,
    )


def _totals() -> Row:
    return Row(
        4,
        [
            stat(
                "Machines",
                "Machines that were heard of in the last minutes.",
                Query(f"count(machine:obsd_up_since_timestamp_seconds:max{DAEMON})", instant=True),
            ),
            stat(
                "Workspaces",
                "Workspaces that are registered.",
                Query(f"count({of('machine_workspace:obsd_watcher_up:min')})", instant=True),
            ),
            stat(
                "Sessions Now",
                "Workspaces in which somebody is at work.",
                Query(f"sum({of('machine_workspace:copilot_session_active:max')})", instant=True),
            ),
            stat(
                "Not Watched",
                "Workspaces whose watcher is down.",
                Query(f"sum(1 - {of('machine_workspace:obsd_watcher_up:min')})", instant=True),
                steps=FAULT,
            ),
            stat(
                "Machines With a Warning",
                "Machines whose daemon has a warning to show.",
                Query(f"sum(machine:obsd_degraded:max{DAEMON})", instant=True),
                steps=FAULT,
            ),
            stat(
                "Broken Rules",
                "Workflow rules that are broken at the moment, over all workspaces.",
                Query(f"sum({of('machine_workspace:obsd_rule_broken:sum')})", instant=True),
                steps=[(None, GREEN), (1, YELLOW)],
            ),
        ],
    )


def _written() -> Row:
    return Row(
        9,
        [
            time_series(
                "Lines Written by Author",
                "Lines added in each interval, committed or not, by who wrote them.",
                [by_agent(FLEET_WRITTEN)],
                stacked=True,
                bars=True,
            ),
            pie(
                "Share of Lines Written",
                "All lines that were ever added, by who wrote them; unknown ones may be anybody's.",
                Query(f"sum by (agent) ({of(FLEET_WRITTEN, BY_AGENT)})", "{{agent}}", instant=True),
            ),
        ],
        [18, 6],
    )


def _commits() -> Row:
    return Row(
        9,
        [
            time_series(
                "Commits by Agent",
                "Commits in each interval.",
                [by_agent(FLEET_COMMITS)],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Lines of Commits by Agent",
                "Lines added and removed in each interval.",
                [by_agent(FLEET_LINES)],
                stacked=True,
                bars=True,
            ),
            pie(
                "Share of Commits",
                "All commits that were ever counted, by agent.",
                Query(f"sum by (agent) ({of(FLEET_COMMITS, BY_AGENT)})", "{{agent}}", instant=True),
            ),
        ],
        [9, 9, 6],
    )


def _busiest() -> Row:
    return Row(
        9,
        [
            time_series(
                "Active Sessions",
                "Workspaces in which somebody was at work, by machine.",
                [
                    Query(
                        f"sum by (machine) ({of('machine_workspace:copilot_session_active:max')})",
                        "{{machine}}",
                    )
                ],
                stacked=True,
            ),
            bars(
                "Busiest Machines",
                "Changes of files in the time shown.",
                Query(
                    f"topk(10, {fleet_growth(FLEET_FILES, 'machine', RANGE)})",
                    "{{machine}}",
                    instant=True,
                ),
            ),
            bars(
                "Busiest Workspaces",
                "Changes of files in the time shown, of all machines together.",
                Query(
                    f"topk(10, {fleet_growth(FLEET_FILES, 'workspace', RANGE)})",
                    "{{workspace}}",
                    instant=True,
                ),
            ),
        ],
    )


def _lists() -> Row:
    return Row(
        8,
        [
            table(
                "Workspaces",
                "1: watched, 0: not.",
                Query(of("machine_workspace:obsd_watcher_up:min"), instant=True),
            ),
            table(
                "Machines",
                "When each became ready.",
                Query(f"1000 * machine:obsd_up_since_timestamp_seconds:max{DAEMON}", instant=True),
                unit="dateTimeAsIso",
            ),
            pie(
                "Versions",
                "What runs where.",
                Query("sum by (version) (version:obsd_build_info:count)", "{{version}}", instant=True),
            ),
        ],
        [10, 8, 6],
    )
