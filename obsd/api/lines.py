"""LineService: who wrote each line of a file.

Decides nothing: `obsd/sources/line_authors.py` does. On the event loop; a long answer is made on a worker thread.
"""

from __future__ import annotations

import asyncio
from typing import Any

from obsd import rpc_encoding
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.field_limits import check_text
from obsd.api.workspaces import MAX_PATH_CHARACTERS
from obsd.errors import InvalidRequest
from obsd.sources.file_blame import FileBlame, LineRun
from obsd.text import printable
from obsd.v1 import lines_pb2 as pb
from obsd.v1 import lines_pb2_grpc

MAX_COMMIT_CHARACTERS = 64


class LineService(lines_pb2_grpc.LineServiceServicer):
    """Serves one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon

    async def Blame(self, request: pb.BlameRequest, context: Any) -> pb.BlameResponse:  # noqa: N802
        """Returns whose the lines of a file are."""
        check_text("path", request.path, MAX_PATH_CHARACTERS)
        check_text("commit", request.commit, MAX_COMMIT_CHARACTERS)
        if request.last and request.last < request.first:
            text = f"the range of lines ends at {request.last}, before it begins at {request.first}"
            raise InvalidRequest("bad_lines", text, "-L 1,10 shows the first ten")
        lines = self._daemon.authors.lines
        found = await lines.blame(
            await asyncio.to_thread(rpc_encoding.fs_path, request.path),
            request.commit.lower(),
            request.first or 1,
            request.last,
        )
        return await asyncio.to_thread(_message, found)


def _message(found: FileBlame) -> pb.BlameResponse:
    return pb.BlameResponse(
        workspace=printable(found.workspace),
        path=printable(found.path),
        content_id=found.content_id,
        lines=found.lines,
        runs=[_run(run) for run in found.runs],
    )


def _run(run: LineRun) -> pb.LineRun:
    message = pb.LineRun(
        first=run.first,
        last=run.last,
        origin=run.origin,
        agent=run.agent or "",
        evidence=run.evidence,
        session=printable(run.session),
        program=printable(run.program),
        change=run.change,
        commit=run.commit_id,
        commit_author=printable(run.commit_author),
    )
    if run.at is not None:
        message.at.CopyFrom(rpc_encoding.timestamp(run.at))
    return message
