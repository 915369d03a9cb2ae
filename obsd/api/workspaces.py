"""WorkspaceService: the register, the state of each workspace, and the proof that a queue is drained.

Decides nothing about names and paths: the registry does. On the event loop; git and the disk are
asked for hooks in a reader.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from obsd import rpc_encoding
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.field_limits import check_text
from obsd.errors import NoSuchWorkspace, ObsdError
from obsd.facts import Rescanned
from obsd.git import hook_install, layout
from obsd.text import printable
from obsd.v1 import workspace_pb2 as pb
from obsd.v1 import workspace_pb2_grpc
from obsd.workspaces.workspace import Workspace

MAX_PATH_CHARACTERS = 4 * 4096
"""PATH_MAX bytes, each of them escaped."""

_PATIENCE_SECONDS = 2.0
"""For the disk of one workspace: the others are shown without it."""
_AT_ONCE = 4
_RECHECK_SECONDS = 1.0
_PAUSE_SECONDS = 0.02

_STATES = {
    "starting": pb.WORKSPACE_STATE_STARTING,
    "watching": pb.WORKSPACE_STATE_WATCHING,
    "degraded": pb.WORKSPACE_STATE_DEGRADED,
    "failed": pb.WORKSPACE_STATE_FAILED,
}
_HOOKS = {
    "installed": pb.HOOK_STATE_INSTALLED,
    "absent": pb.HOOK_STATE_ABSENT,
    "foreign": pb.HOOK_STATE_FOREIGN,
}


class WorkspaceService(workspace_pb2_grpc.WorkspaceServiceServicer):
    """Answers for one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon

    async def Add(self, request: pb.AddWorkspaceRequest, context: Any) -> pb.AddWorkspaceResponse:  # noqa: N802
        """Registers a folder."""
        check_text("path", request.path, MAX_PATH_CHARACTERS)
        check_text("name", request.name, MAX_PATH_CHARACTERS)
        workspace, created = await self._daemon.registry.add(rpc_encoding.fs_path(request.path), request.name)
        return pb.AddWorkspaceResponse(workspace=await described(self._daemon, workspace), created=created)

    async def Remove(self, request: pb.RemoveWorkspaceRequest, context: Any) -> pb.RemoveWorkspaceResponse:  # noqa: N802
        """Takes a workspace off the register."""
        found = await resolve(self._daemon, request.workspace)
        before = await described(self._daemon, found)
        await self._daemon.registry.remove(found.name)
        return pb.RemoveWorkspaceResponse(workspace=before)

    async def Forget(self, request: pb.ForgetWorkspaceRequest, context: Any) -> pb.ForgetWorkspaceResponse:  # noqa: N802
        """Takes a workspace off the register, and its record out of the ledger."""
        daemon = self._daemon
        check_text("workspace", request.workspace, MAX_PATH_CHARACTERS)
        try:
            name = (await resolve(daemon, request.workspace)).name
            await daemon.registry.remove(name)
        except NoSuchWorkspace:
            name = rpc_encoding.fs_path(request.workspace)
        known = await daemon.recorder.query(lambda ledger: ledger.names())
        names = [each for each in sorted(known) if each == name or each.startswith(f"{name}/")]
        if not names:
            raise NoSuchWorkspace(
                "no_such_workspace", f"nothing is known of {printable(name)}", "`obsctl report` names what is recorded"
            )
        for each in names:
            await daemon.recorder.forget(each)
        return pb.ForgetWorkspaceResponse(names=[printable(each) for each in names])

    async def List(self, request: pb.ListWorkspacesRequest, context: Any) -> pb.ListWorkspacesResponse:  # noqa: N802
        """All workspaces, by name."""
        return pb.ListWorkspacesResponse(workspaces=await described_all(self._daemon))

    async def Get(self, request: pb.GetWorkspaceRequest, context: Any) -> pb.GetWorkspaceResponse:  # noqa: N802
        """One workspace."""
        found = await resolve(self._daemon, request.workspace)
        return pb.GetWorkspaceResponse(workspace=await described(self._daemon, found))

    async def AwaitReady(self, request: pb.AwaitReadyRequest, context: Any) -> pb.AwaitReadyResponse:  # noqa: N802
        """Waits for the end of the daemon's start, when all that it serves listens, and for the first scans; asks no
        repository."""
        supervisor = self._daemon.supervisor
        while not self._daemon.up_since or any(
            supervisor.status(one.name).state == "starting" for one in self._daemon.registry.list()
        ):
            # A workspace that is removed meanwhile never gets ready, and one that is being added is not waited for.
            with suppress(TimeoutError):
                async with asyncio.timeout(_RECHECK_SECONDS):
                    await supervisor.ready()
            await asyncio.sleep(_PAUSE_SECONDS)
        return pb.AwaitReadyResponse()

    async def Settle(self, request: pb.SettleRequest, context: Any) -> pb.SettleResponse:  # noqa: N802
        """Waits for a probe through one watcher, or through all, and for the authors of what it found."""
        names = (
            [(await resolve(self._daemon, request.workspace)).name]
            if request.workspace
            else [workspace.name for workspace in self._daemon.registry.list()]
        )
        seconds = await asyncio.gather(*(self._daemon.supervisor.settle(name) for name in names))
        await self._daemon.authors.settle(names)
        return pb.SettleResponse(seconds=max(seconds, default=0.0))


async def resolve(daemon: DaemonPort, name_or_path: str) -> Workspace:
    """The workspace of that name or path. Errors: NoSuchWorkspace, InvalidRequest."""
    check_text("workspace", name_or_path, MAX_PATH_CHARACTERS)
    wanted = rpc_encoding.fs_path(name_or_path)
    try:
        return daemon.registry.get(wanted)
    except NoSuchWorkspace:
        if not os.path.isabs(wanted):
            raise
    # A link to one, perhaps: only the disk knows.
    return daemon.registry.get(await asyncio.to_thread(os.path.realpath, wanted))


async def described(daemon: DaemonPort, workspace: Workspace) -> pb.Workspace:
    """The message for a workspace, with its watcher and its hooks as they are now."""
    return (await _described(daemon, [workspace]))[0]


async def described_all(daemon: DaemonPort) -> list[pb.Workspace]:
    """The messages for all workspaces, by name."""
    return await _described(daemon, sorted(daemon.registry.list(), key=lambda workspace: workspace.name))


async def _described(daemon: DaemonPort, workspaces: Sequence[Workspace]) -> list[pb.Workspace]:
    turns = asyncio.Semaphore(_AT_ONCE)
    looks = await asyncio.gather(*(_look(daemon, workspace, turns) for workspace in workspaces))
    return [_message(daemon, workspace, *look) for workspace, look in zip(workspaces, looks, strict=True)]


async def _look(daemon: DaemonPort, workspace: Workspace, turns: asyncio.Semaphore) -> tuple[bool, pb.HookState]:
    """Whether a workspace is a Git working tree, and how its hooks are: as far as its disk answers soon."""
    path = workspace.path
    try:
        async with turns, asyncio.timeout(_PATIENCE_SECONDS):
            if await daemon.git.run(path, layout.find, path) is None:
                return False, pb.HOOK_STATE_ABSENT
            return True, _HOOKS[(await daemon.git.run(path, hook_install.state, Path(path))).state]
    except (ObsdError, TimeoutError, RuntimeError):
        return True, pb.HOOK_STATE_UNSPECIFIED


def _message(daemon: DaemonPort, workspace: Workspace, git: bool, hook_state: pb.HookState) -> pb.Workspace:
    status = daemon.supervisor.status(workspace.name)
    return pb.Workspace(
        name=printable(workspace.name),
        path=printable(workspace.path),
        state=_STATES[status.state],
        detail=printable(status.detail),
        watches=status.watches,
        hooks=hook_state,
        watcher_pid=status.pid,
        restarts=status.restarts,
        folders_scanned=status.folders_scanned,
        git=git,
        added_at=rpc_encoding.timestamp(workspace.added_at),
        parent=printable(workspace.parent),
        rescans=status.rescans,
        last_rescan=_rescan(status.last_rescan),
    )


def _rescan(fact: Rescanned | None) -> pb.Rescan | None:
    if fact is None:
        return None
    return pb.Rescan(
        reason=fact.reason,
        at=rpc_encoding.timestamp(fact.at),
        duration_seconds=fact.duration_seconds,
        differences=fact.changes,
    )
