"""Which object each verb prints. `kind` is the object's own word for it."""

from __future__ import annotations

from typing import Any

from obsctl.schema import activity, day, exchange, lines, reports, session, usage, watching

KINDS: dict[str, Any] = {
    "add-workspace": watching.AddWorkspace,
    "agents": activity.Agents,
    "agents-import": activity.AgentsImport,
    "agents-setup": activity.AgentsSetup,
    "blame": lines.Blame,
    "commits": activity.Commits,
    "config": watching.Config,
    "doctor": watching.Doctor,
    "error": watching.Error,
    "export": exchange.Export,
    "forget": watching.Forget,
    "hooks": watching.Hooks,
    "metrics": watching.Metrics,
    "open": watching.Open,
    "prometheus-config": watching.PrometheusConfig,
    "reload": watching.Reload,
    "remove-workspace": watching.RemoveWorkspace,
    "report": reports.Report,
    "rules": activity.Rules,
    "service": watching.Service,
    "session": session.SessionDetail,
    "sessions": activity.Sessions,
    "status": watching.Status,
    "tail": activity.Event,
    "today": day.Today,
    "top": activity.Top,
    "usage": usage.Usage,
    "version": watching.Version,
    "violations": activity.Violations,
    "wait": watching.Wait,
    "workspaces": watching.Workspaces,
}
