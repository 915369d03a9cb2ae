"""The objects of `--json`: the API's messages with the contract's keys, words for states, and times as RFC 3339.

What is listed here is relied on by scripts: keys may be added, never renamed or removed. `obsctl/schema/` has the
types.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.struct_pb2 import Value
from google.protobuf.timestamp_pb2 import Timestamp

from obsctl.schema import activity, watching
from obsctl.schema.committed import AgentsShare, CommittedShare
from obsd import rpc_encoding
from obsd.v1 import activity_pb2, daemon_pb2, workspace_pb2

if TYPE_CHECKING:
    from obsd.v1.agents_pb2 import GetSessionResponse
    from obsd.v1.report_pb2 import Report

Document = dict[str, Any]

_STATES: Final[dict[int, watching.State]] = {
    workspace_pb2.WORKSPACE_STATE_STARTING: "starting",
    workspace_pb2.WORKSPACE_STATE_WATCHING: "watching",
    workspace_pb2.WORKSPACE_STATE_DEGRADED: "degraded",
    workspace_pb2.WORKSPACE_STATE_FAILED: "failed",
}
_HOOK_STATES: Final[dict[int, watching.HookState]] = {
    workspace_pb2.HOOK_STATE_INSTALLED: "installed",
    workspace_pb2.HOOK_STATE_FOREIGN: "foreign",
}


def state(workspace: workspace_pb2.Workspace) -> watching.State:
    """starting, watching, degraded or failed."""
    return _STATES[workspace.state]


def hooks(workspace: workspace_pb2.Workspace) -> watching.HookState:
    """installed, absent or foreign."""
    return _HOOK_STATES.get(workspace.hooks, "absent")


def past_session(message: activity_pb2.PastSession) -> activity.PastSession:
    """An agent's session from before its workspace was watched."""
    return {
        "workspace": message.workspace,
        "agent": message.agent,
        "session": message.session,
        "model": message.model or None,
        "first_at": time(message.first_at),
        "last_at": time(message.last_at),
        "writes": message.writes,
        "files": message.files,
        "lines_added": message.lines_added,
        "lines_removed": message.lines_removed,
    }


def workspace(message: workspace_pb2.Workspace) -> watching.Workspace:
    """A workspace."""
    return {
        "name": message.name,
        "path": message.path,
        "state": state(message),
        "detail": message.detail,
        "watches": message.watches,
        "hooks": hooks(message),
        "git": message.git,
        "parent": message.parent or None,
        "watcher_pid": message.watcher_pid or None,
        "restarts": message.restarts,
        "folders_scanned": message.folders_scanned,
        "added_at": time(message.added_at),
        "rescans": message.rescans,
        "last_rescan": rescan(message.last_rescan) if message.HasField("last_rescan") else None,
    }


def rescan(message: workspace_pb2.Rescan) -> watching.Rescan:
    """A look at a whole workspace."""
    return {
        "reason": message.reason,
        "at": time(message.at),
        "duration_seconds": message.duration_seconds,
        "differences": message.differences,
    }


def warning(message: daemon_pb2.Warning) -> watching.Condition:
    """A warning of the daemon."""
    return {
        "code": message.code,
        "severity": message.severity,
        "text": message.text,
        "hint": message.hint,
        "workspace": message.workspace or None,
    }


def status(message: daemon_pb2.GetStatusResponse) -> watching.Status:
    """The daemon and all that it watches."""
    return {
        "version": message.version,
        "pid": message.pid,
        "socket": message.socket,
        "metrics_url": message.metrics_url,
        "up_since": time(message.up_since) if message.HasField("up_since") else None,
        "config_file": message.config_file or None,
        "ledger_file": message.ledger_file,
        "ledger_bytes": message.ledger_bytes,
        "warnings": [warning(one) for one in message.warnings],
        "author_sources": [
            {"source": one.source, "up": one.up, "text": one.text, "hint": one.hint} for one in message.author_sources
        ],
        "workspaces": [workspace(one) for one in message.workspaces],
    }


def commit(message: activity_pb2.Commit) -> activity.Commit:
    """A commit."""
    return {
        "id": message.id,
        "workspace": message.workspace,
        "branch": message.branch,
        "author": message.author,
        "subject": message.subject,
        "kind": message.kind,
        "agent": message.agent,
        "evidence": message.evidence,
        "lines_added": _whole(message, "lines_added"),
        "lines_removed": _whole(message, "lines_removed"),
        "files_changed": _whole(message, "files_changed"),
        "committed_at": time(message.committed_at),
        "source": message.source,
        "earlier_ids": list(message.earlier_ids),
        "rewritten_as": None,
        "origins": _origins(message),
        "share": _agents_share(message),
    }


def _origins(message: activity_pb2.Commit) -> list[activity.OriginLines] | None:
    if not message.classified:
        return None
    return [{"agent": one.agent, "evidence": one.evidence, "lines": one.lines} for one in message.origins]


def _agents_share(message: activity_pb2.Commit) -> AgentsShare | None:
    found = commit_share(message)
    return None if found is None else {"floor": round(found[0], 4), "ceiling": round(found[1], 4)}


def committed(message: activity_pb2.CommittedShare) -> CommittedShare:
    """Lines that commits added, of one author."""
    known = message.HasField("floor")
    return {
        "agent": message.agent,
        "lines": message.lines,
        "evidence": dict(sorted(message.evidence.items())),
        "floor": round(message.floor, 4) if known else None,
        "ceiling": round(message.ceiling, 4) if known else None,
        "all_lines": message.all_lines,
    }


def part(message: Report | GetSessionResponse, name: str) -> AgentsShare | None:
    """A field that is a part of lines; None where it is absent."""
    if not message.HasField(name):
        return None
    value = getattr(message, name)
    return {"floor": round(value.floor, 4), "ceiling": round(value.ceiling, 4)}


def commit_share(message: activity_pb2.Commit) -> tuple[float, float] | None:
    """The agents' share of the lines that a commit adds, floor and ceiling; None where nothing can be said."""
    sums: dict[str, int] = {}
    for one in message.origins:
        sums[one.agent] = sums.get(one.agent, 0) + one.lines
    from obsd.authorship.shares import agents_share

    return agents_share(sums)


def session(message: activity_pb2.Session) -> activity.Session:
    """A session; `ended_at` is null while it runs."""
    return {
        "id": message.id,
        "workspace": message.workspace,
        "started_at": time(message.started_at),
        "ended_at": time(message.ended_at) if message.HasField("ended_at") else None,
        "duration_seconds": round(message.duration_seconds, 3),
        "agents": [{"agent": one.agent, "evidence": one.evidence} for one in message.agents],
        "authors": [share(one) for one in message.authors],
        "present": list(message.present),
        "changes": message.changes,
        "files": message.files,
        "lines_added": message.lines_added,
        "lines_removed": message.lines_removed,
        "commits": message.commits,
        "violations": message.violations,
        "first_commit_seconds": _seconds(message, "first_commit_seconds"),
        "agent_likelihood": round(message.agent_likelihood, 2) if message.HasField("agent_likelihood") else None,
    }


def share(message: activity_pb2.AuthorShare) -> activity.AuthorShare:
    """What one author wrote."""
    return {
        "author": message.author,
        "changes": message.changes,
        "lines_added": message.lines_added,
        "lines_removed": message.lines_removed,
    }


def violation(message: activity_pb2.Violation) -> activity.Violation:
    """A time that a rule was broken."""
    return {
        "workspace": message.workspace,
        "rule": message.rule,
        "at": time(message.at),
        "subject": message.subject,
        "detail": message.detail,
    }


def rule(message: activity_pb2.Rule) -> activity.Rule:
    """A rule of a workspace; `last_violation` is null when the record has none."""
    last = message.last_violation if message.HasField("last_violation") else None
    return {
        "workspace": message.workspace,
        "rule": message.rule,
        "about": message.about,
        "limit": plain(message.limit),
        "state": message.state,
        "last_violation": None if last is None else violation(last),
    }


def event(message: activity_pb2.Event) -> Document:
    """A fact, as `tail` has it: its name, when, where, and its own fields beside them."""
    own = {name: plain(value) for name, value in sorted(message.fields.fields.items())}
    if message.kind == "FileChanged":
        # Its author follows in a ChangeAttributed with the same number.
        own |= dict.fromkeys(("agent", "evidence", "session", "program"))
    return {**own, "kind": message.kind, "at": time(message.at), "workspace": message.workspace}


def plain(value: Value) -> Any:
    """A value of a Struct as JSON has it; a number without a fraction is an integer."""
    which = value.WhichOneof("kind")
    if which == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if which == "list_value":
        return [plain(item) for item in value.list_value.values]
    if which == "struct_value":
        return {name: plain(item) for name, item in value.struct_value.fields.items()}
    return None if which in (None, "null_value") else getattr(value, which)


def _whole(message: activity_pb2.Commit, name: str) -> int | None:
    return int(getattr(message, name)) if message.HasField(name) else None


def _seconds(message: activity_pb2.Session, name: str) -> float | None:
    return round(getattr(message, name), 3) if message.HasField(name) else None


def time(message: Timestamp) -> str:
    """RFC 3339, UTC, milliseconds."""
    return rpc_encoding.rfc3339(message)


def unescaped(message: workspace_pb2.Workspace) -> str:
    """The path of a workspace as the file system has it."""
    return os.path.abspath(rpc_encoding.fs_path(message.path))
