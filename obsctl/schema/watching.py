"""The daemon, its workspaces and what is checked of them, as `--json` has them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

Time = Annotated[str, "a time, RFC 3339 in UTC"]
State = Literal["starting", "watching", "degraded", "failed"]
HookState = Literal["installed", "absent", "foreign"]


class Rescan(TypedDict):
    """A scan of a whole workspace."""

    reason: Annotated[str, "why everything was scanned"]
    at: Annotated[Time, "when"]
    duration_seconds: Annotated[float, "how long it took"]
    differences: Annotated[int, "what differed from the last known state"]


class Workspace(TypedDict):
    """A registered folder."""

    name: Annotated[str, "its short name, unique on the machine"]
    path: Annotated[str, "its absolute path, escaped"]
    state: Annotated[State, "the state of its watcher"]
    detail: Annotated[str, "why it is not watched, or in part only; else empty"]
    watches: Annotated[int, "folders that have an inotify watch"]
    hooks: Annotated[HookState, "the git hooks that report commits: `foreign` are another tool's"]
    git: Annotated[bool, "whether it is a git working tree"]
    parent: Annotated[str | None, "the workspace whose linked worktree it is"]
    watcher_pid: Annotated[int | None, "the watcher's process; null while none runs"]
    restarts: Annotated[int, "times that its watcher ended by itself and was restarted"]
    folders_scanned: Annotated[int, "progress of the first scan"]
    added_at: Annotated[Time, "when it was registered"]
    rescans: Annotated[int, "scans of everything since the daemon's start"]
    last_rescan: Annotated[Rescan | None, "the last of them"]


class Condition(TypedDict):
    """A condition of the daemon that needs attention."""

    code: Annotated[str, "its stable name"]
    severity: Annotated[str, "`warning` or `error`"]
    text: Annotated[str, "the problem"]
    hint: Annotated[str, "what helps"]
    workspace: Annotated[str | None, "where; null: the whole daemon"]


class AuthorSource(TypedDict):
    """A source of evidence for who wrote changes."""

    source: Annotated[str, "`writers` (the kernel), `records` (the agents' own) or `telemetry`"]
    up: Annotated[bool, "whether it speaks now"]
    text: Annotated[str, "why it does not, or what is missing nevertheless; else empty"]
    hint: Annotated[str, "what brings it; else empty"]


class Status(TypedDict):
    """The daemon and all that it watches."""

    version: Annotated[str, "the daemon's version"]
    pid: Annotated[int, "its process"]
    socket: Annotated[str, "its API socket"]
    metrics_url: Annotated[str, "where Prometheus scrapes it; empty: nowhere"]
    up_since: Annotated[Time | None, "when it became ready"]
    config_file: Annotated[str | None, "its configuration; null: all defaults"]
    ledger_file: Annotated[str, "its ledger"]
    ledger_bytes: Annotated[int, "the ledger's size on disk"]
    warnings: Annotated[list[Condition], "what needs attention"]
    author_sources: Annotated[list[AuthorSource], "what may speak for the authors of changes"]
    workspaces: Annotated[list[Workspace], "all, by name"]


class Open(TypedDict):
    """An address that opens the page."""

    url: Annotated[str, "good for one use, by the user who asked for it"]
    expires_seconds: Annotated[int, "for how long it is good"]


class Workspaces(TypedDict):
    """What is watched."""

    workspaces: Annotated[list[Workspace], "all, by name"]


class HookChange(TypedDict):
    """A file that was written or removed for git hooks."""

    path: Annotated[str, "the file"]
    action: Annotated[str, "what was done, or must be done"]
    line: Annotated[str | None, "the line to add to another tool's hook"]


class HooksInstalled(TypedDict):
    """The result for the hooks of a workspace that was added."""

    result: Annotated[str, "`installed`, `foreign`, `failed`, `no git repository` or `not asked for`"]
    changes: Annotated[list[HookChange], "the files that were written"]


class AddWorkspace(TypedDict):
    """A workspace that was added, or already registered."""

    workspace: Annotated[Workspace, "it"]
    created: Annotated[bool, "false: it was already registered"]
    hooks: Annotated[HooksInstalled, "its hooks"]


class RemoveWorkspace(TypedDict):
    """A workspace that was removed."""

    workspace: Annotated[Workspace, "as it was"]
    hooks: Annotated[list[HookChange], "the files that were removed"]


class Forget(TypedDict):
    """Workspaces whose record was deleted."""

    workspaces: Annotated[list[str], "its name, and those of its linked worktrees"]


class Problem(TypedDict):
    """Why one of several workspaces failed."""

    reason: Annotated[str, "a stable word"]
    message: Annotated[str, "what happened"]
    hint: Annotated[str, "what helps"]


class HooksOf(TypedDict, total=False):
    """The hooks of one workspace."""

    name: Annotated[str, "the workspace"]
    path: Annotated[str, "its path"]
    git: Annotated[bool, "whether it is a git working tree"]
    hooks: Annotated[HookState, "the state of its hooks"]
    detail: Annotated[str, "why they are not installed; else empty"]
    changes: Annotated[list[HookChange], "the files that were written or removed"]
    probe: Annotated[str, "`arrived`, or what went wrong with a report that was sent through; with `status` alone"]
    error: Annotated[Problem | None, "why it failed"]


class HooksEverywhere(TypedDict):
    """The hooks of every repository of the user."""

    hooks: Annotated[HookState, "whether they are installed"]
    detail: Annotated[str, "why they are not installed; else empty"]
    changes: Annotated[list[HookChange], "the files that were written or removed"]
    probe: Annotated[str | None, "`arrived`, or what went wrong with a report that was sent through; null if none was"]


class Hooks(TypedDict):
    """The hooks of some workspaces."""

    action: Annotated[Literal["install", "uninstall", "status"], "what was asked for"]
    workspaces: Annotated[list[HooksOf], "each of them; none with --global"]
    everywhere: Annotated[HooksEverywhere | None, "those of every repository with --global, else null"]


class ServiceFile(TypedDict):
    """A file of the service, in its place."""

    path: Annotated[str, "where"]
    change: Annotated[
        Literal["written", "unchanged", "removed", "absent", "foreign"],
        "what was done: a `foreign` one was not written by obsd and stays as it is",
    ]


class Service(TypedDict):
    """The user's service of an installation from the wheel."""

    action: Annotated[Literal["install", "uninstall"], "what was asked for"]
    program: Annotated[str, "the daemon's program, which the unit starts"]
    files: Annotated[list[ServiceFile], "the unit, man pages and completions"]
    notes: Annotated[list[str], "what is left to do, or in the way"]


class Check(TypedDict):
    """One thing that was checked."""

    check: Annotated[str, "what"]
    state: Annotated[Literal["ok", "warn", "fail"], "the result"]
    text: Annotated[str, "what was found"]
    hint: Annotated[str, "what helps; else empty"]


class Doctor(TypedDict):
    """All that was checked."""

    failed: Annotated[int, "checks that failed"]
    checks: Annotated[list[Check], "all, in order"]


class Reload(TypedDict):
    """What a new configuration changed."""

    changed: Annotated[list[str], "a line for each key"]
    needs_restart: Annotated[list[str], "keys that take effect at the next start"]


class Wait(TypedDict):
    """What was waited for."""

    waited_seconds: Annotated[float, "how long"]
    settled_seconds: Annotated[float | None, "how long the slowest watcher took to record everything; with `--settled`"]


class Config(TypedDict, total=False):
    """The configuration: `config` with `show`, `valid` with `check`."""

    file: Annotated[str | None, "the file; null: all defaults"]
    config: Annotated[dict[str, Any], "every section and key"]
    valid: Annotated[bool, "always true: faults are errors"]


class Version(TypedDict):
    """The versions that are installed and that run."""

    version: Annotated[str, "of obsctl"]
    daemon_version: Annotated[str | None, "of the daemon; null when none answers"]


class Metrics(TypedDict, total=False):
    """The metrics, or the file that they were written to."""

    text: Annotated[str, "in the Prometheus text format"]
    textfile: Annotated[str, "the path of the file; with `--textfile`"]


class PrometheusConfig(TypedDict):
    """A configuration for Prometheus."""

    target: Annotated[str, "the address that is scraped"]
    text: Annotated[str, "YAML"]


class Error(TypedDict):
    """An error, on stderr."""

    reason: Annotated[str, "a stable word"]
    message: Annotated[str, "what happened"]
    hint: Annotated[str, "what helps"]
    exit_code: Annotated[int, "the exit code of obsctl"]
