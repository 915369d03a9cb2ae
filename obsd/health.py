"""What an operator should know: declared conditions, and which of them hold now.

Owns the list of conditions (code, severity, words, hint) and their present state, which drives `obsctl status`, the
log, the service manager's status line and `obsd_degraded`. Decides nothing: whoever sees a condition raises it and
clears it. All calls on the event loop.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from obsd.host import journald
from obsd.text import printable

log = logging.getLogger(__name__)

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
_LEVELS = {"error": logging.ERROR, "warning": logging.WARNING, "info": logging.INFO}


@dataclass(frozen=True, slots=True)
class Condition:
    """What can be the matter; `text` and `hint` are templates for `str.format`."""

    code: str
    severity: Severity
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class HealthWarning:
    """A condition that holds, of a workspace (empty: of the daemon)."""

    code: str
    severity: Severity
    text: str
    hint: str
    workspace: str = ""


CONDITIONS: dict[str, Condition] = {
    condition.code: condition
    for condition in (
        Condition(
            "metrics_port_taken",
            "warning",
            "metrics are not served: the address {listen} is taken",
            "free it, or set metrics.listen to another (port 0 takes a free one) and `obsctl reload`; "
            "it is tried again every {retry_seconds:g} s",
        ),
        Condition(
            "metrics_not_served",
            "warning",
            "metrics are not served on {listen}: {error}",
            "correct metrics.listen, metrics.token_file or metrics.web_config_file and `obsctl reload`",
        ),
        Condition(
            "web_port_taken",
            "info",
            "the page is not served: the address {listen} is taken",
            "free it, or set web.listen to another (port 0 takes a free one) and `obsctl reload`; "
            "it is tried again every {retry_seconds:g} s",
        ),
        Condition(
            "web_not_served",
            "info",
            "the page is not served on {listen}: {error}",
            "correct web.listen and `obsctl reload`",
        ),
        Condition(
            "push_failed",
            "warning",
            "metrics are not pushed to {gateway}: {error}",
            "correct push.pushgateway and `obsctl reload`, or start the gateway; it is tried again by itself",
        ),
        Condition(
            "telemetry_grpc_not_served",
            "warning",
            "telemetry is not received on {listen}: {error}",
            "free the address, or set telemetry.grpc to another and `obsctl reload`; it is tried again every 30 s",
        ),
        Condition(
            "telemetry_http_not_served",
            "warning",
            "telemetry is not received on {listen}: {error}",
            "free the address, or set telemetry.http to another and `obsctl reload`; it is tried again every 30 s",
        ),
        Condition(
            "api_not_served",
            "warning",
            "reports of other machines and containers are not received on {listen}: {error}",
            "correct the section [api] or its files; it is tried again every 30 s",
        ),
        Condition(
            "telemetry_not_forwarded",
            "warning",
            "telemetry is not passed on whole: the collector {collector} {trouble}",
            "look at the collector's log, or correct telemetry.forward and `obsctl reload`",
        ),
        Condition(
            "token_file_open",
            "warning",
            "the scrape token in {path} can be read by other users",
            "chmod 600 {path}",
        ),
        Condition(
            "config_reload_failed",
            "warning",
            "the configuration was not reloaded, the old one holds: {error}",
            "correct the file and `obsctl reload`",
        ),
        Condition(
            "config_needs_restart",
            "info",
            "changed in the configuration, in force at the next start: {keys}",
            "systemctl --user restart obsd, or end obsd and start it again",
        ),
        Condition(
            "ledger_moved_aside",
            "warning",
            "the ledger was damaged and a new one was begun: the old one is {path}; workspaces kept: {count}",
            "counters began again at 0, commits were found again by the reflogs; the old file can be removed",
        ),
        Condition(
            "ledger_cut",
            "warning",
            "the end of the ledger was damaged: what was recorded last before {time} is lost",
            "counters may have gone back, commits are found again by the reflogs; look at the disk of the state folder",
        ),
        Condition(
            "ledger_unwritable",
            "error",
            "the ledger cannot be written, what is seen now is kept in memory only: {error}",
            "{hint}; writing is tried again by itself",
        ),
        Condition(
            "ledger_slow",
            "warning",
            "the ledger has not answered for {seconds:.0f} s",
            "look at the disk that holds it; with a watchdog, the service manager restarts obsd",
        ),
        Condition(
            "records_not_understood",
            "info",
            "the form of agents' own records is not understood: {agents}",
            "what they wrote stays unknown, if no other evidence speaks; a newer obsd may understand it",
        ),
        Condition(
            "agents_unseen",
            "info",
            "agents at work may not be seen: {reason}",
            "their commits are still known by hooks, trailers and authors; docs/sessions.md has more",
        ),
        Condition(
            "usage_unread",
            "warning",
            "the days of a vendor are not read: {text}",
            "{hint}; days that are in the ledger stay, and it is tried again in {minutes} min",
        ),
        Condition(
            "writers_ended",
            "warning",
            "the kernel does not name who writes any more: {text}",
            "{hint}; it is tried again by itself, and authors are known by the other evidence alone",
        ),
        Condition(
            "writers_refused",
            "info",
            "the kernel does not name who writes: {text}",
            "{hint}",
        ),
        Condition(
            "writers_in_part",
            "info",
            "the kernel names only some of those who write: {detail}",
            "what it does not name is known by the other evidence, or unknown; docs/authorship.md lists the limits",
        ),
        Condition(
            "writers_lost",
            "warning",
            "the kernel dropped reports of who writes, {times} times, the last at {time}",
            "who wrote then is unknown unless a record proves it; raise fs.fanotify.max_queued_events with sysctl",
        ),
        Condition(
            "runtime_folder_gone",
            "warning",
            "the runtime folder {folder} is gone, and obsctl finds no socket there: {error}",
            "`loginctl enable-linger` keeps it after a logout; it is made anew as soon as that is possible",
        ),
        Condition(
            "hooks_gone",
            "warning",
            "git hooks that were installed do not report any more: {hooks}",
            "`obsctl hooks install {name}` puts them back; without them it is not always known who made a commit",
        ),
        Condition(
            "repository_unreadable",
            "warning",
            "its repository is not read as it should be: {detail}",
            "commits are counted as far as they can be, lines may be missing; it is tried again by itself, and "
            "`git fsck` shows whether the repository is sound",
        ),
        Condition(
            "repositories_found",
            "info",
            "{what} committed to and no workspace: {names}",
            "`obsctl add-workspace {first}` watches it; workspaces.found says what becomes of such repositories",
        ),
        Condition(
            "found_not_added", "warning", "a repository was found and not added: {error}", "`obsctl add-workspace PATH`"
        ),
        Condition(
            "workspace_failed",
            "error",
            "not watched: {detail}",
            "`obsctl workspaces` shows its state; it is tried again by itself",
        ),
        Condition(
            "workspace_starting",
            "warning",
            "not watched yet: its first scan has not ended in {seconds:.0f} s",
            "a large tree on a slow disk takes its time; a mount that does not answer, or files as the repository has "
            "them, can hold it up: `obsctl workspaces` shows how far it is",
        ),
        Condition(
            "workspace_degraded",
            "warning",
            "watched in part: {detail}",
            "`obsctl doctor` checks the limits",
        ),
    )
}


class Health:
    """The conditions that hold now. `on_change` is called after every change of them."""

    def __init__(self, on_change: Callable[[], None] | None = None) -> None:
        self._held: dict[tuple[str, str], HealthWarning] = {}
        self._listeners: list[Callable[[], None]] = [on_change] if on_change is not None else []

    def listen(self, on_change: Callable[[], None]) -> None:
        """Adds a function to be called after every change."""
        self._listeners.append(on_change)

    def raise_(self, code: str, workspace: str = "", **fields: object) -> None:
        """Says that a declared condition holds; texts are escaped. It is logged when it is new or reads differently."""
        condition = CONDITIONS[code]
        shown = {name: printable(value) if isinstance(value, str) else value for name, value in fields.items()}
        held = HealthWarning(
            code, condition.severity, condition.text.format(**shown), condition.hint.format(**shown), workspace
        )
        if self._held.get((code, workspace)) == held:
            return
        self._held[code, workspace] = held
        of = f"{workspace}: " if workspace else ""
        marks = journald.fields(code, workspace)
        log.log(_LEVELS[held.severity], "%s%s; hint: %s", of, held.text, held.hint, extra=marks)
        self._changed()

    def clear(self, code: str, workspace: str = "") -> None:
        """Says that it holds no longer; nothing happens where it did not."""
        held = self._held.pop((code, workspace), None)
        if held is not None:
            of = f"{workspace}: " if workspace else ""
            log.info("%sno longer: %s", of, held.text, extra=journald.fields("cleared", workspace))
            self._changed()

    def holds(self, code: str, workspace: str = "") -> bool:
        """Whether a condition holds now."""
        return (code, workspace) in self._held

    def forget(self, workspace: str) -> None:
        """Drops all that is said of a workspace that is gone."""
        gone = [key for key in self._held if key[1] == workspace]
        for key in gone:
            del self._held[key]
        if gone:
            self._changed()

    def list(self) -> list[HealthWarning]:
        """What holds, worst first, then by code and workspace."""
        return sorted(
            self._held.values(), key=lambda held: (SEVERITIES.index(held.severity), held.code, held.workspace)
        )

    @property
    def degraded(self) -> bool:
        """Whether anything worse than an information holds."""
        return any(held.severity != "info" for held in self._held.values())

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()
