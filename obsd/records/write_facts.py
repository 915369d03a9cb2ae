"""The facts that authorship takes, out of tools that ran. Pure functions, any thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from obsd.authorship.facts import WriteRecorded
from obsd.facts.records import FileWritten, ToolRan

Locate = Callable[[str], tuple[str, str] | None]
"""Returns workspace and relative path of an absolute path; None when it is in no workspace."""


def write_facts(tool: ToolRan, locate: Locate) -> Iterator[WriteRecorded]:
    """One fact for each file that a tool wrote; none of a tool that failed, or has not ended."""
    if tool.ok and tool.ended is not None:
        for file in tool.files:
            if file.previous_path and (place := locate(file.previous_path)):
                yield _fact(tool, FileWritten(file.previous_path, "delete"), place)
            if place := locate(file.path):
                yield _fact(tool, file, place)


def _fact(tool: ToolRan, file: FileWritten, place: tuple[str, str]) -> WriteRecorded:
    workspace, path = place
    return WriteRecorded(
        at=tool.read_at,
        workspace=workspace,
        path=path,
        agent=tool.agent,
        session=tool.session,
        tool_id=tool.tool_id,
        started_at=tool.started,
        ended_at=tool.started if tool.ended is None else tool.ended,
        lines_added=file.lines_added,
        lines_removed=file.lines_removed,
        content_id=file.content.blob if file.content else "",
        rewrites=file.kind == "write",
        removes=file.kind == "delete",
    )
