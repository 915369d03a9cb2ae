"""What the client asks of the WorkspaceService: which folders are watched, and what of them is in the ledger."""

from __future__ import annotations

from obsd import rpc_encoding
from obsd.client.calls import Calls
from obsd.v1 import workspace_pb2


class WorkspaceCalls(Calls):
    """The calls of the WorkspaceService."""

    def add_workspace(self, path: str, name: str = "") -> workspace_pb2.AddWorkspaceResponse:
        """Registers the folder `path` (absolute, as `os.fsdecode` gives it); returns before it is watched."""
        request = workspace_pb2.AddWorkspaceRequest(
            path=rpc_encoding.wire_path(path), name=rpc_encoding.wire_path(name)
        )
        return self._call("WorkspaceService/Add", request, workspace_pb2.AddWorkspaceResponse)

    def remove_workspace(self, workspace: str) -> workspace_pb2.Workspace:
        """Removes a workspace, by name or path; returns its last state."""
        request = workspace_pb2.RemoveWorkspaceRequest(workspace=rpc_encoding.wire_path(workspace))
        return self._call("WorkspaceService/Remove", request, workspace_pb2.RemoveWorkspaceResponse).workspace

    def forget_workspace(self, workspace: str) -> list[str]:
        """Removes a workspace and deletes its record; returns the names that are forgotten. Errors: NoSuchWorkspace."""
        request = workspace_pb2.ForgetWorkspaceRequest(workspace=rpc_encoding.wire_path(workspace))
        return list(self._call("WorkspaceService/Forget", request, workspace_pb2.ForgetWorkspaceResponse).names)

    def workspaces(self) -> list[workspace_pb2.Workspace]:
        """All workspaces, by name."""
        return list(
            self._call(
                "WorkspaceService/List", workspace_pb2.ListWorkspacesRequest(), workspace_pb2.ListWorkspacesResponse
            ).workspaces
        )

    def workspace(self, workspace: str) -> workspace_pb2.Workspace:
        """One workspace, by name or path. Errors: NoSuchWorkspace."""
        request = workspace_pb2.GetWorkspaceRequest(workspace=rpc_encoding.wire_path(workspace))
        return self._call("WorkspaceService/Get", request, workspace_pb2.GetWorkspaceResponse).workspace

    def await_ready(self, timeout_seconds: float) -> None:
        """Returns when no workspace is in its first scan any more. Errors: TimedOut."""
        self._call(
            "WorkspaceService/AwaitReady",
            workspace_pb2.AwaitReadyRequest(),
            workspace_pb2.AwaitReadyResponse,
            timeout_seconds,
        )

    def settle(self, workspace: str = "", timeout_seconds: float | None = None) -> float:
        """Waits until all earlier changes of a workspace (empty: of all) are in the ledger; returns the seconds."""
        request = workspace_pb2.SettleRequest(workspace=rpc_encoding.wire_path(workspace))
        return float(
            self._call("WorkspaceService/Settle", request, workspace_pb2.SettleResponse, timeout_seconds).seconds
        )
