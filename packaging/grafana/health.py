"""The dashboard for whoever runs obsd: whether its own numbers can be trusted.

Owns titles, queries, units and thresholds. The standard library alone.
"""

from __future__ import annotations

from boards import Row, board
from dashboards import FAULT, INTERVAL, MACHINE, UP_OR_DOWN, WORKSPACE
from panels import GREEN, RED, YELLOW, Json, stat, time_series, timeline
from queries import DAEMON, Query, of, over_time


def health() -> Json:
    """Whether obsd's own numbers can be trusted."""
    return board(
        "obsd-health",
        "obsd / Health of obsd",
        "Watchers, events, hooks and the daemon itself.",
        [MACHINE, WORKSPACE, INTERVAL],
        [
            _state_now(),
            _watchers(),
            _reading(),
            _changes(),
            _cost(),
        ],
    )


def _state_now() -> Row:
    return Row(
        4,
        [
            stat(
                "Scrape",
                "Whether Prometheus reaches obsd.",
                Query(
                    'min by (instance) (up{job="agent-activity-tracker"})',
                    "{{instance}}",
                    instant=True,
                ),
                steps=[(None, RED), (1, GREEN)],
                states=UP_OR_DOWN,
            ),
            stat(
                "Running For",
                "Time since the daemon became ready.",
                Query(
                    f"time() - max by (machine) (obsd_up_since_timestamp_seconds{DAEMON} > 0)",
                    instant=True,
                ),
                unit="s",
            ),
            stat(
                "Warning",
                "Whether the daemon has a warning to show: `obsctl status` says which.",
                Query(f"max by (machine) (obsd_degraded{DAEMON})", instant=True),
                steps=FAULT,
                states={"0": ("none", GREEN), "1": ("yes", RED)},
            ),
            *_numbers(),
        ],
    )


def _watchers() -> Row:
    return Row(
        7,
        [
            timeline(
                "Watchers",
                "Whether each workspace is watched.",
                Query(
                    f"min by (machine, workspace) ({of('obsd_watcher_up')} + {of('obsd_watcher_degraded')})",
                    "{{workspace}} {{machine}}",
                ),
                {"0": ("down", RED), "1": ("watched", GREEN), "2": ("in part", YELLOW)},
            ),
            time_series(
                "Age of the Last Heartbeat",
                "Time since a probe went the whole way from the file system to the ledger.",
                [
                    Query(
                        f"time() - max by (workspace) ({of('obsd_heartbeat_timestamp_seconds')} > 0)",
                        "{{workspace}}",
                    )
                ],
                unit="s",
            ),
        ],
    )


def _reading() -> Row:
    return Row(
        8,
        [
            time_series(
                "Events Read",
                "inotify events read by each watcher.",
                [
                    Query(
                        f"sum by (workspace) (rate({of('obsd_events_total')}[$__rate_interval]))",
                        "{{workspace}}",
                    )
                ],
                unit="eps",
            ),
            time_series(
                "Rescans",
                "Looks at a whole workspace, and why.",
                [over_time("obsd_rescans_total", "reason", "{{reason}}")],
                stacked=True,
                bars=True,
            ),
            time_series(
                "Overflows and Restarts",
                "Queues that overflowed, and watchers that ended by themselves.",
                [
                    over_time("obsd_queue_overflows_total", "workspace", "overflow {{workspace}}"),
                    over_time("obsd_watcher_restarts_total", "workspace", "restart {{workspace}}"),
                ],
                bars=True,
            ),
        ],
    )


def _changes() -> Row:
    return Row(
        8,
        [
            time_series(
                "Hook Reports",
                "Reports of git hooks, and commits that were found without one.",
                [
                    over_time("obsd_hook_reports_total", "result", "{{result}}"),
                    over_time("obsd_commits_recovered_total", "workspace", "recovered {{workspace}}"),
                ],
                bars=True,
            ),
            time_series(
                "Written by Git",
                "Files that git itself wrote or removed, and commits that it rewrote.",
                [
                    over_time("obsd_git_changes_total", "operation", "{{operation}}"),
                    over_time("obsd_commit_rewrites_total", "operation", "rewritten by {{operation}}"),
                ],
                bars=True,
            ),
            time_series(
                "Changes Without Lines",
                "Changes whose lines could not be measured, and why.",
                [over_time("obsd_unmeasured_changes_total", "reason", "{{reason}}")],
                stacked=True,
                bars=True,
            ),
        ],
    )


def _cost() -> Row:
    return Row(
        7,
        [
            time_series(
                "Cost of a Scrape",
                "How long a scrape takes.",
                [Query('scrape_duration_seconds{job="agent-activity-tracker"}', "{{instance}}")],
                unit="s",
            ),
            time_series(
                "Series",
                "Series that a scrape brings.",
                [Query('scrape_samples_scraped{job="agent-activity-tracker"}', "{{instance}}")],
            ),
        ],
    )


def _numbers() -> list[Json]:
    return [
        stat(
            "Version",
            "What runs where.",
            Query(f"count by (version) (obsd_build_info{DAEMON})", "{{version}}", instant=True),
        ),
        stat(
            "Spool",
            "Reports of hooks that wait to be taken.",
            Query(f"sum by (machine) (obsd_spool_reports{DAEMON})", instant=True),
            steps=[(None, GREEN), (1, YELLOW), (100, RED)],
        ),
        stat(
            "Watches in Use",
            "Share of the inotify watches that the user may have.",
            Query(
                f"sum by (machine) ({of('obsd_watches')}) / max by (machine) ({of('obsd_watch_limit')} > 0)",
                instant=True,
            ),
            unit="percentunit",
            steps=[(None, GREEN), (0.7, YELLOW), (0.9, RED)],
        ),
    ]
