"""The metrics of who wrote changes and lines. Constants, any thread; `catalog.py` has all families."""

from __future__ import annotations

from typing import Final

from obsd.facts import BEFORE, IMPORTED, KEPT_DAYS, UNKNOWN_AGENT
from obsd.views.metrics.families import Family

AGENT_CHANGES: Final = Family(
    "obsd_agent_changes_total",
    "counter",
    "Settled changes of files by who wrote them, and how that is known; they sum to copilot_files_modified_total.",
    ("agent", "evidence"),
    ((UNKNOWN_AGENT, "none"),),
)
WRITTEN_LINES: Final = Family(
    "obsd_written_lines_total",
    "counter",
    "Lines added and removed by measured changes, by who wrote them; they sum to copilot_lines_changed_sum.",
    ("agent", "evidence", "direction"),
    ((UNKNOWN_AGENT, "none", "added"), (UNKNOWN_AGENT, "none", "removed")),
)
LATE_EVIDENCE: Final = Family(
    "obsd_late_evidence_total",
    "counter",
    "Changes whose author was proved after they had been counted as unknown.",
    ("evidence",),
    tuple((evidence,) for evidence in ("writer", "record", "editor", "telemetry")),
)
COMMIT_ORIGIN_LINES: Final = Family(
    "obsd_commit_origin_lines_total",
    "counter",
    "Lines added by commits, by who wrote the line; they sum to the added ones of obsd_commit_lines_total.",
    ("agent", "evidence"),
    ((UNKNOWN_AGENT, "none"), (BEFORE, "none"), (IMPORTED, "none")),
)
OVERRIDDEN_LINES: Final = Family(
    "obsd_overridden_lines_total",
    "counter",
    "Lines that somebody else replaced or removed before they were committed, by who had written them.",
    ("agent",),
    ((UNKNOWN_AGENT,),),
)
THRASHED_LINES: Final = Family(
    "obsd_thrashed_lines_total",
    "counter",
    "Lines that their own author replaced or removed before they were committed.",
    ("agent",),
    ((UNKNOWN_AGENT,),),
)
KEPT_LINES: Final = Family(
    "obsd_kept_lines",
    "gauge",
    "Lines committed so long ago, within 24 hours, that are still in the default branch; measured once a day.",
    ("agent", "age"),
    tuple((UNKNOWN_AGENT, f"{days}d") for days in KEPT_DAYS),
)
AUTHOR_SOURCE_UP: Final = Family(
    "obsd_author_source_up",
    "gauge",
    "1 while a source of evidence for authors speaks, else 0.",
    ("source",),
    source="daemon",
)
