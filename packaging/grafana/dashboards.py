"""The dashboards: which panels there are and what each asks Prometheus.

Owns titles, queries, units and thresholds. The standard library alone.
"""

from __future__ import annotations

from boards import Row, board, interval, values
from panels import BLUE, GREEN, GREY, RED, YELLOW, Json, bars, pie, right_axis, stat, table, time_series, timeline
from queries import Query, of, over_range, over_time
from today import today

MACHINE = values("machine", "Machine", "label_values(obsd_watcher_up, machine)")
WORKSPACE = values("workspace", "Workspace", 'label_values(obsd_watcher_up{machine=~"$machine"}, workspace)')
INTERVAL = interval("5m", "15m", "1h", "6h", "1d", chosen="15m")
UP_OR_DOWN = {"0": ("down", RED), "1": ("up", GREEN)}
FAULT = [(None, GREEN), (1.0, RED)]


def activity() -> Json:
    """What today brought, and the seven panels of what goes on in the workspaces."""
    return board(
        "obsd-activity",
        "obsd / Activity",
        "What happens in the workspaces: sessions, files, lines and commits.",
        [MACHINE, WORKSPACE, INTERVAL],
        [
            today(),
            Row(6, [_session()]),
            Row(9, [_files(), _duration()]),
            Row(9, [_edited(), _types()], [14, 10]),
            Row(9, [_commits(), _lines()]),
        ],
    )


def _session() -> Json:
    return timeline(
        "Session Activity Timeline",
        "When somebody was at work: a session lasts from the first change or commit until nothing came for a while.",
        Query(f"max by (machine, workspace) ({of('copilot_session_active')})", "{{workspace}} {{machine}}"),
        {"0": ("idle", GREY), "1": ("active", GREEN)},
    )


def _files() -> Json:
    return time_series(
        "Files Modified by Type",
        "Files created, modified, renamed and deleted in each interval. What git itself wrote is not in it.",
        [over_time("copilot_files_modified_total", "file_type", "{{file_type}}")],
        stacked=True,
        bars=True,
    )


def _duration() -> Json:
    return time_series(
        "Session Duration",
        "Length of the running session; 0 when none runs.",
        [
            Query(
                f"max by (machine, workspace) ({of('copilot_session_duration_seconds')})",
                "{{workspace}} {{machine}}",
            )
        ],
        unit="s",
    )


def _edited() -> Json:
    return bars(
        "Most Edited Files",
        "The ten files with the most edits in the time shown.",
        Query(
            "topk(10, "
            + over_range("copilot_file_edit_frequency_total", "workspace, filename", "", 'filename!="__other__"').expr
            + ")",
            "{{workspace}}: {{filename}}",
            instant=True,
        ),
        steps=[(None, BLUE), (20, YELLOW), (50, RED)],
    )


def _commits() -> Json:
    return time_series(
        "Commits Over Time",
        "Commits made here in each interval, by author. Amends and rebases are rewrites, and not in it.",
        [over_time("git_commits_total", "author", "{{author}}")],
        stacked=True,
        bars=True,
    )


def _lines() -> Json:
    panel = time_series(
        "Lines Added/Removed",
        "Lines of the commits in each interval: added on the left axis, removed on the right one.",
        [
            over_time("obsd_commit_lines_total", "direction", "{{direction}}", 'direction="added"'),
            over_time("obsd_commit_lines_total", "direction", "{{direction}}", 'direction="removed"'),
        ],
        bars=True,
    )
    panel["fieldConfig"]["defaults"]["custom"]["axisLabel"] = "added"
    return right_axis(panel, "B", "removed", RED)


def _types() -> Json:
    return pie(
        "File Types",
        "Changes of files in the time shown, by type.",
        over_range("copilot_files_modified_total", "file_type", "{{file_type}}"),
    )


def rules() -> Json:
    """Workflow rules and anomalies."""
    return board(
        "obsd-rules",
        "obsd / Workflow rules",
        "Rules kept and broken, and activity that is out of what is usual in a workspace.",
        [MACHINE, WORKSPACE, INTERVAL],
        [
            _broken_now(),
            _rules_over_time(),
            _out_of_the_usual(),
        ],
        since="now-24h",
    )


def _broken_now() -> Row:
    return Row(
        5,
        [
            stat(
                "Broken Now",
                "Workspaces in which each rule is broken at the moment.",
                Query(f"sum by (rule) ({of('obsd_rule_broken')})", "{{rule}}", instant=True),
                steps=FAULT,
            )
        ],
    )


def _rules_over_time() -> Row:
    return Row(
        9,
        [
            timeline(
                "Rules Over Time",
                "When each rule was broken, in any of the chosen workspaces.",
                Query(f"max by (rule) ({of('obsd_rule_broken')})", "{{rule}}"),
                {"0": ("kept", GREEN), "1": ("broken", RED)},
            ),
            time_series(
                "Violations",
                "Commits that broke a rule, and times that a workspace came to break one, in each interval.",
                [over_time("obsd_rule_violations_total", "rule", "{{rule}}")],
                stacked=True,
                bars=True,
            ),
        ],
    )


def _out_of_the_usual() -> Row:
    return Row(
        9,
        [
            table(
                "Violations by Workspace",
                "In the time shown. `obsctl violations` has the commit or path of each.",
                over_range("obsd_rule_violations_total", "machine, workspace, rule", ""),
            ),
            time_series(
                "Anomalies",
                "Times that a quantity was out of what is usual in the workspace, in each interval.",
                [over_time("obsd_anomalies_total", "kind", "{{kind}}")],
                stacked=True,
                bars=True,
            ),
            bars(
                "Anomaly Score",
                "Spreads by which a quantity is above its median now; from 3 on it is unusual.",
                Query(
                    f"max by (workspace, kind) ({of('obsd_anomaly_score')})",
                    "{{workspace}}: {{kind}}",
                    instant=True,
                ),
                steps=[(None, GREEN), (3, YELLOW), (6, RED)],
            ),
        ],
    )
