"""What leads from one dashboard to another, and what is marked in all panels over time.

Owns the addresses of data links and the queries of annotations. The standard library alone.
"""

from __future__ import annotations

from panels import SOURCE, Json
from queries import LEAST, WINDOW, growth

KEPT = "${__url_time_range}&${datasource:queryparam}&${machine:queryparam}"
"""What the other dashboard shows as this one does."""

BY_LABEL = (
    ("workspace", "obsd-activity", "Activity of this workspace"),
    ("agent", "obsd-agents", "What this agent did"),
    ("agent", "obsd-telemetry", "What this agent says"),
    ("rule", "obsd-rules", "Workflow rules"),
)
"""The dashboards that have more of a series with such a label."""


def linked(panel: Json, uid: str, title: str) -> Json:
    """The panel with a link from its values to a dashboard, for the same time and choices."""
    _links(panel).append(_link(uid, title, "${workspace:queryparam}"))
    return panel


def link_by_labels(panel: Json, board: str) -> Json:
    """The panel with links to the dashboards, other than its own, that have more of its series."""
    shown = " ".join(target["legendFormat"] for target in panel["targets"])
    cells = panel["type"] == "table"
    for label, uid, title in BY_LABEL:
        named = f"{{{{{label}}}}}" in shown or (cells and label in panel["targets"][0]["expr"])
        if named and uid != board:
            value = f"${{__data.fields.{label}}}" if cells else f"${{__field.labels.{label}}}"
            choice = "" if label == "rule" else f"var-{label}={value}"
            others = [] if label == "workspace" else ["${workspace:queryparam}"]
            _links(panel).append(_link(uid, title, *others, *filter(None, [choice])))
    return panel


def _links(panel: Json) -> list[Json]:
    found: list[Json] = panel["fieldConfig"]["defaults"].setdefault("links", [])
    return found


def _link(uid: str, title: str, *choices: str) -> Json:
    return {"title": title, "url": "/d/" + uid + "?" + "&".join([KEPT, *choices]), "targetBlank": False}


def marks() -> Json:
    """Commits, and what was out of the usual; each can be hidden above the dashboard."""
    commits = growth("obsd_commits_total", "workspace, agent", WINDOW)
    anomalies = growth("obsd_anomalies_total", "workspace, kind", WINDOW)
    return {
        "list": [
            _annotation("Commits", commits, "blue", "{{workspace}}: commits by {{agent}}", "workspace,agent"),
            _annotation("Anomalies", anomalies, "orange", "{{workspace}}: unusual {{kind}}", "workspace,kind"),
        ]
    }


def _annotation(name: str, expr: str, colour: str, title: str, tags: str) -> Json:
    return {
        "name": name,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": colour,
        "expr": f"{expr} > 0",
        "step": LEAST,
        "titleFormat": title,
        "tagKeys": tags,
    }
