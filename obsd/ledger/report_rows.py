"""The rows of a report by name, made when they are first asked for. Pure."""

from __future__ import annotations

from obsd.analysis.report import AgentShare, Report, WorkspaceShare


class Shares(dict[str, WorkspaceShare]):
    """The shares of a report by workspace."""

    def __init__(self, report: Report) -> None:
        super().__init__({share.name: share for share in report.workspaces})
        self._list = report.workspaces

    def __missing__(self, name: str) -> WorkspaceShare:
        self._list.append(self.setdefault(name, WorkspaceShare(name)))
        return self[name]


class Agents(dict[str, AgentShare]):
    """The shares of a report by agent."""

    def __init__(self, report: Report) -> None:
        super().__init__({share.agent: share for share in report.agents})
        self._list = report.agents

    def __missing__(self, agent: str) -> AgentShare:
        self._list.append(self.setdefault(agent, AgentShare(agent)))
        return self[agent]
