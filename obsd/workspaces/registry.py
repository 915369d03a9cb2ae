"""The register of workspaces: names, paths, and which may be nested.

Owns the checks of a new workspace and the table of registered ones; the ledger stores them. It starts and stops no
watcher itself: the daemon passes callbacks for added and removed workspaces. On the event loop; the file system is read
on a worker thread, because a dead mount must not block the loop.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterable

from obsd.errors import AlreadyExists, InvalidRequest, NoSuchWorkspace
from obsd.facts import Fact, WorkspaceAdded, WorkspaceRemoved
from obsd.text import printable
from obsd.workspaces.names import free_name, is_valid, valid_name
from obsd.workspaces.path_checks import resolve, separated
from obsd.workspaces.workspace import Workspace

Record = Callable[[list[Fact]], Awaitable[object]]
Listener = Callable[[Workspace], Awaitable[None]]


class Registry:
    """All workspaces, by name. `record` makes facts durable; `added` is called after that, `ending` before it.

    With an `owner`, a user id, folders of other users are refused.
    """

    def __init__(self, record: Record, added: Listener, ending: Listener, owner: int | None = None) -> None:
        self._record = record
        self._added = added
        self._ending = ending
        self._owner = owner
        self._by_name: dict[str, Workspace] = {}
        self._changing = asyncio.Lock()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, on_change: Callable[[], None]) -> None:
        """Has a function called after every change of the register."""
        self._listeners.append(on_change)

    def restore(self, workspaces: Iterable[Workspace]) -> None:
        """Restores the workspaces of the ledger, without calling `added`."""
        self._by_name = {workspace.name: workspace for workspace in workspaces}

    def list(self) -> list[Workspace]:
        """All, by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]

    def get(self, name_or_path: str) -> Workspace:
        """Returns the workspace with that name or that folder, without a look at the disk. Raises NoSuchWorkspace."""
        found = self._by_name.get(name_or_path) or self._at(os.path.normpath(name_or_path))
        if found is None:
            raise NoSuchWorkspace(
                "no_such_workspace",
                f"no workspace has the name or path {printable(name_or_path)}",
                "`obsctl workspaces` lists them; `obsctl add-workspace PATH` adds one",
            )
        return found

    async def add(self, path: str, name: str = "") -> tuple[Workspace, bool]:
        """Registers a folder (empty name: the folder's own, made valid and unique) and has it watched.

        False beside the workspace: it was registered so already. Raises InvalidRequest (`path_not_absolute`,
        `bad_path`, `not_a_folder`, `bad_name`), NotFound (`no_such_path`), NotPermitted (`path_unreadable`,
        `not_owned`), AlreadyExists (`already_registered`, `name_taken`, `inside_workspace`, `around_workspace`).
        """
        if name and not is_valid(name):
            raise InvalidRequest(
                "bad_name",
                f"{printable(name[:100])} is not a valid name for a workspace",
                "a name has 1 to 64 letters and digits of any script, '.', '_' and '-', the first a letter or a digit",
            )
        folder = await asyncio.to_thread(resolve, path, self._owner)
        async with self._changing:
            known = self._at(folder)
            if known is not None:
                return self._same(known, name), False
            await self._check_overlap(folder)
            self._check_free(name)
            chosen = name or free_name(valid_name(os.path.basename(folder)), self._by_name)
            return await self._register(Workspace(chosen, folder, time.time())), True

    async def adopt(self, parent: Workspace, path: str, worktree: str) -> Workspace:
        """Registers a linked worktree that obsd found, as `<parent>/<worktree>`; errors as for `add`."""
        folder = await asyncio.to_thread(resolve, path, self._owner)
        async with self._changing:
            known = self._at(folder)
            if known is not None:
                return known
            await self._check_overlap(folder)
            name = f"{parent.name}/{free_name(valid_name(worktree), self._by_name, parent.name + '/')}"
            return await self._register(Workspace(name, folder, time.time(), parent.name))

    async def remove(self, name_or_path: str) -> Workspace:
        """Removes a workspace and its linked worktrees; returns it. Raises NoSuchWorkspace."""
        async with self._changing:
            workspace = self.get(name_or_path)
            for gone in [*(item for item in self.list() if item.parent == workspace.name), workspace]:
                # Its sources stop first, so that no fact of it is recorded afterwards.
                await self._ending(gone)
                await self._record([WorkspaceRemoved(at=time.time(), workspace=gone.name)])
                del self._by_name[gone.name]
                self._changed()
            return workspace

    async def _register(self, workspace: Workspace) -> Workspace:
        fact = WorkspaceAdded(
            at=workspace.added_at, workspace=workspace.name, path=workspace.path, parent=workspace.parent
        )
        await self._record([fact])
        self._by_name[workspace.name] = workspace
        self._changed()
        await self._added(workspace)
        return workspace

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()

    def _at(self, path: str) -> Workspace | None:
        return next((item for item in self._by_name.values() if item.path == path), None)

    def _same(self, known: Workspace, name: str) -> Workspace:
        if name in ("", known.name):
            return known
        raise AlreadyExists(
            "already_registered",
            f"{printable(known.path)} is already registered, as {known.name}",
            f"to give it another name, run `obsctl remove-workspace {known.name}` first",
        )

    def _check_free(self, name: str) -> None:
        if name in self._by_name:
            raise AlreadyExists(
                "name_taken",
                f"the name {name} is used by {printable(self._by_name[name].path)}",
                "choose another with --name, or leave it out",
            )

    async def _check_overlap(self, folder: str) -> None:
        for other in self.list():
            if _inside(folder, other.path) and not await asyncio.to_thread(separated, other.path, folder):
                raise AlreadyExists(
                    "inside_workspace",
                    f"{printable(folder)} lies inside the workspace {other.name} ({printable(other.path)}): "
                    "its files would count twice",
                    f"it is already watched there; to add it alone, run `obsctl remove-workspace {other.name}` first",
                )
            if _inside(other.path, folder) and not await asyncio.to_thread(separated, folder, other.path):
                raise AlreadyExists(
                    "around_workspace",
                    f"the workspace {other.name} ({printable(other.path)}) lies inside {printable(folder)}: "
                    "its files would count twice",
                    f"`obsctl remove-workspace {other.name}` first",
                )


def _inside(inner: str, outer: str) -> bool:
    return inner != outer and inner.startswith(outer.rstrip("/") + "/")
