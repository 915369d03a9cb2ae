"""Health: the conditions that hold, the watchers, and the sources of evidence. On the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from obsd import amounts
from obsd.api.daemon_protocol import DaemonPort
from obsd.health import HealthWarning
from obsd.host import paths
from obsd.text import printable
from obsd.web.frame import Frame
from obsd.workspaces.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Watched:
    """A workspace and its watcher; `rescan` is the reason of the last rescan, "" for none."""

    name: str
    path: str
    state: str
    detail: str
    watches: int
    restarts: int
    rescans: int
    rescan: str
    rescanned_at: float


@dataclass(frozen=True, slots=True)
class Source:
    """A source of evidence for who wrote."""

    name: str
    up: bool
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class HealthPage:
    """The view."""

    frame: Frame
    conditions: tuple[HealthWarning, ...]
    workspaces: tuple[Watched, ...]
    sources: tuple[Source, ...]
    facts: tuple[tuple[str, str], ...]


async def page(daemon: DaemonPort, frame: Frame, rest: str) -> HealthPage:
    """Returns the view."""
    size_bytes = await daemon.recorder.query(lambda ledger: ledger.size_bytes())
    chosen, config_file = frame.choice, daemon.config.path
    facts = (
        ("version", daemon.version),
        ("running for", amounts.duration(chosen.now - daemon.up_since) if daemon.up_since else "starting"),
        ("metrics", daemon.metrics_url or "not served"),
        ("ledger", f"{printable(str(paths.ledger_file()))}, {amounts.size(size_bytes)}"),
        ("configuration", "none, all defaults" if config_file is None else printable(str(config_file))),
    )
    return HealthPage(
        frame,
        tuple(one for one in daemon.health.list() if chosen.workspace in ("", one.workspace) or not one.workspace),
        tuple(_watched(daemon, one) for one in daemon.registry.list() if chosen.workspace in ("", one.name)),
        tuple(
            Source(name, state.up, printable(state.text), printable(state.hint))
            for name, state in daemon.authors.states.items()
        ),
        facts,
    )


def _watched(daemon: DaemonPort, workspace: Workspace) -> Watched:
    status = daemon.supervisor.status(workspace.name)
    last = status.last_rescan
    return Watched(
        name=printable(workspace.name),
        path=printable(workspace.path),
        state=status.state,
        detail=printable(status.detail),
        watches=status.watches,
        restarts=status.restarts,
        rescans=status.rescans,
        rescan=last.reason if last is not None else "",
        rescanned_at=last.at if last is not None else 0.0,
    )
