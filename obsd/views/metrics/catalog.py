"""The table of metrics: name, type, help text, labels, and what exists at 0 from the start.

Owns the names of all metrics, and is the only place that has them. `counting.py` says which facts move which family,
`view.py` holds the numbers. Constants, any thread.
"""

from __future__ import annotations

from typing import Final

from obsd.facts import (
    ANOMALY_KINDS,
    COMMIT_KINDS,
    DISCARD_OPERATIONS,
    GIT_OPERATIONS,
    OPERATIONS,
    REPORT_RESULTS,
    RESCAN_REASONS,
    REWRITES,
    UNKNOWN_AGENT,
    UNMEASURED,
)
from obsd.rules.registry import RULES
from obsd.views.metrics.author_families import (
    AGENT_CHANGES,
    AUTHOR_SOURCE_UP,
    COMMIT_ORIGIN_LINES,
    KEPT_LINES,
    LATE_EVIDENCE,
    OVERRIDDEN_LINES,
    THRASHED_LINES,
    WRITTEN_LINES,
)
from obsd.views.metrics.families import SUM, Family
from obsd.views.metrics.label_limits import OTHER
from obsd.views.metrics.telemetry import TELEMETRY_FAMILIES
from obsd.views.metrics.vendors import VENDOR_FAMILIES

OTHER_TYPE: Final = "other"

FILES_MODIFIED: Final = Family(
    "copilot_files_modified_total",
    "counter",
    "Settled changes of regular files in the working tree, those that git made left out.",
    ("file_type", "operation"),
    tuple((OTHER_TYPE, operation) for operation in OPERATIONS),
)
EDIT_FREQUENCY: Final = Family(
    "copilot_file_edit_frequency_total",
    "counter",
    "Modifications of each of the most edited files; the others together are __other__.",
    ("filename",),
    ((OTHER,),),
)
LINES_CHANGED: Final = Family(
    "copilot_lines_changed",
    "histogram",
    "Lines added plus removed by each measured change.",
    ("file_type",),
    ((OTHER_TYPE, SUM),),
    buckets=(1, 5, 10, 20, 50, 100, 200, 500, 1000),
)
SESSION_ACTIVE: Final = Family("copilot_session_active", "gauge", "1 while a session runs, else 0.", source="live")
SESSION_DURATION: Final = Family(
    "copilot_session_duration_seconds", "gauge", "Length of the running session; 0 when none runs.", source="live"
)
GIT_COMMITS: Final = Family(
    "git_commits_total",
    "counter",
    "Commits made here, each commit id once; amends and rebases are rewrites and not in it.",
    ("author", "branch"),
    ((OTHER, OTHER),),
)
COMMIT_ADDED: Final = Family(
    "git_commit_lines_added",
    "gauge",
    "Lines added by the last commit on the branch, as it is now.",
    ("branch",),
    ((OTHER,),),
)
COMMIT_REMOVED: Final = Family(
    "git_commit_lines_removed",
    "gauge",
    "Lines removed by the last commit on the branch, as it is now.",
    ("branch",),
    ((OTHER,),),
)
COMMIT_FILES: Final = Family(
    "git_commit_files_changed",
    "gauge",
    "Files changed by the last commit on the branch, as it is now.",
    ("branch",),
    ((OTHER,),),
)
COMMIT_LINES: Final = Family(
    "obsd_commit_lines_total",
    "counter",
    "Lines added and removed by all commits; an amend that makes a commit larger adds the difference.",
    ("agent", "direction"),
    ((UNKNOWN_AGENT, "added"), (UNKNOWN_AGENT, "removed")),
)
COMMITS: Final = Family(
    "obsd_commits_total",
    "counter",
    "Commits by who made them, how that is known, and what made them.",
    ("agent", "evidence", "kind"),
    tuple((UNKNOWN_AGENT, "none", kind) for kind in COMMIT_KINDS),
)
REWRITTEN: Final = Family(
    "obsd_commit_rewrites_total",
    "counter",
    "Commits that an amend or a rebase gave a new id.",
    ("operation",),
    tuple((operation,) for operation in REWRITES),
)
GIT_CHANGES: Final = Family(
    "obsd_git_changes_total",
    "counter",
    "Files that git itself wrote or removed.",
    ("operation",),
    tuple((operation,) for operation in GIT_OPERATIONS),
)
DISCARDED_FILES: Final = Family(
    "obsd_discarded_files_total",
    "counter",
    "Files whose uncommitted work git threw away or put aside.",
    ("operation",),
    tuple((operation,) for operation in DISCARD_OPERATIONS),
)
DISCARDED_LINES: Final = Family(
    "obsd_discarded_lines_total",
    "counter",
    "Lines of uncommitted work, added or removed, that git threw away or put aside.",
    ("operation",),
    tuple((operation,) for operation in DISCARD_OPERATIONS),
)
SESSION_LENGTH: Final = Family(
    "obsd_session_length_seconds",
    "histogram",
    "Length of ended sessions.",
    ("agent",),
    ((UNKNOWN_AGENT, SUM),),
    buckets=(60, 300, 900, 1800, 3600, 7200, 14400, 28800),
)
ANOMALIES: Final = Family(
    "obsd_anomalies_total",
    "counter",
    "Times that a quantity was out of what is usual in the workspace.",
    ("kind",),
    tuple((kind,) for kind in ANOMALY_KINDS),
)
ANOMALY_SCORE: Final = Family(
    "obsd_anomaly_score",
    "gauge",
    "Spreads by which a quantity of the present window, commit or session is above its median; from 3 on unusual.",
    ("kind",),
    source="live",
)
AGENT_PRESENT: Final = Family(
    "obsd_agent_present",
    "gauge",
    "1 while an agent was seen at work at the last scan of a running session, else 0.",
    ("agent",),
    ((UNKNOWN_AGENT,),),
    source="live",
)
RULE_VIOLATIONS: Final = Family(
    "obsd_rule_violations_total",
    "counter",
    "Commits that broke a workflow rule, and times that a workspace came to break one about its state.",
    ("rule",),
    tuple((rule.name,) for rule in RULES),
)
RULE_BROKEN: Final = Family(
    "obsd_rule_broken",
    "gauge",
    "1 while a workflow rule is broken, else 0.",
    ("rule",),
    tuple((rule.name,) for rule in RULES),
)
WATCHER_UP: Final = Family(
    "obsd_watcher_up", "gauge", "1 while the workspace is watched, wholly or in part, else 0.", source="live"
)
WATCHER_DEGRADED: Final = Family(
    "obsd_watcher_degraded", "gauge", "1 while the workspace is watched in part only, else 0.", source="live"
)
WATCHER_RESTARTS: Final = Family(
    "obsd_watcher_restarts_total", "counter", "Times that a watcher ended by itself and was started again."
)
WATCHES: Final = Family("obsd_watches", "gauge", "Folders that have an inotify watch.", source="live")
WATCH_LIMIT: Final = Family("obsd_watch_limit", "gauge", "Inotify watches that the user may have.", source="live")
WATCHER_CPU: Final = Family(
    "obsd_watcher_cpu_seconds_total", "counter", "Processor time of the watcher's process.", source="live"
)
WATCHER_MEMORY: Final = Family(
    "obsd_watcher_resident_memory_bytes", "gauge", "Resident memory of the watcher's process.", source="live"
)
EVENTS: Final = Family("obsd_events_total", "counter", "Inotify events read.")
OVERFLOWS: Final = Family("obsd_queue_overflows_total", "counter", "Times that the kernel's event queue overflowed.")
RESCANS: Final = Family(
    "obsd_rescans_total",
    "counter",
    "Times that the whole workspace was rescanned, and why.",
    ("reason",),
    tuple((reason,) for reason in RESCAN_REASONS),
)
UNMEASURED_CHANGES: Final = Family(
    "obsd_unmeasured_changes_total",
    "counter",
    "Changes whose lines could not be measured, and why.",
    ("reason",),
    tuple((reason,) for reason in UNMEASURED),
)
HEARTBEAT: Final = Family(
    "obsd_heartbeat_timestamp_seconds",
    "gauge",
    "Last time that a probe went the whole way from the file system to the ledger; 0: not yet.",
)
HOOK_REPORTS: Final = Family(
    "obsd_hook_reports_total",
    "counter",
    "Reports of git hooks that were taken, and what became of them.",
    ("result",),
    tuple((result,) for result in REPORT_RESULTS),
)
RECOVERED: Final = Family(
    "obsd_commits_recovered_total", "counter", "Commits that were found in a reflog without a hook's report."
)
BUILD_INFO: Final = Family(
    "obsd_build_info", "gauge", "Always 1; says which version runs.", ("version",), source="daemon"
)
UP_SINCE: Final = Family(
    "obsd_up_since_timestamp_seconds", "gauge", "When the daemon became ready; 0: not yet.", source="daemon"
)
DEGRADED: Final = Family("obsd_degraded", "gauge", "1 while the daemon has a warning to show, else 0.", source="daemon")
SPOOL_REPORTS: Final = Family(
    "obsd_spool_reports", "gauge", "Reports of git hooks that wait to be taken.", source="daemon"
)
FAMILIES: Final = (
    FILES_MODIFIED,
    EDIT_FREQUENCY,
    LINES_CHANGED,
    SESSION_ACTIVE,
    SESSION_DURATION,
    GIT_COMMITS,
    COMMIT_ADDED,
    COMMIT_REMOVED,
    COMMIT_FILES,
    COMMIT_LINES,
    COMMIT_ORIGIN_LINES,
    OVERRIDDEN_LINES,
    THRASHED_LINES,
    KEPT_LINES,
    COMMITS,
    REWRITTEN,
    GIT_CHANGES,
    DISCARDED_FILES,
    DISCARDED_LINES,
    SESSION_LENGTH,
    ANOMALIES,
    ANOMALY_SCORE,
    AGENT_PRESENT,
    AGENT_CHANGES,
    WRITTEN_LINES,
    LATE_EVIDENCE,
    RULE_VIOLATIONS,
    RULE_BROKEN,
    WATCHER_UP,
    WATCHER_DEGRADED,
    WATCHER_RESTARTS,
    WATCHES,
    WATCH_LIMIT,
    WATCHER_CPU,
    WATCHER_MEMORY,
    EVENTS,
    OVERFLOWS,
    RESCANS,
    UNMEASURED_CHANGES,
    HEARTBEAT,
    HOOK_REPORTS,
    RECOVERED,
    BUILD_INFO,
    UP_SINCE,
    DEGRADED,
    AUTHOR_SOURCE_UP,
    SPOOL_REPORTS,
    *VENDOR_FAMILIES,
    *TELEMETRY_FAMILIES,
)
"""All of the above, and those of `vendors.py` and `telemetry.py`, in the order of the exposition."""

FILE_CANDIDATES: Final = "_file_candidates"
AUTHOR_PLACES: Final = "_author_places"
BRANCH_PLACES: Final = "_branch_places"
BASELINES: Final = "_baselines"
"""Hidden series beside the families: what decides who gets a series, kept as they are but never shown."""
