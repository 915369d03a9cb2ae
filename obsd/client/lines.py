"""What the client asks of the LineService: who wrote the lines of a file."""

from __future__ import annotations

from obsd import rpc_encoding
from obsd.client.calls import Calls
from obsd.v1 import lines_pb2


class LineCalls(Calls):
    """The calls of the LineService."""

    def blame(self, path: str, commit: str = "", first: int = 0, last: int = 0) -> lines_pb2.BlameResponse:
        """Returns who wrote the lines of the file `path` (absolute), on disk or in a commit; 0 for all lines.

        Errors: NoSuchWorkspace, NotFound, InvalidRequest, NotPermitted, Unavailable.
        """
        request = lines_pb2.BlameRequest(path=rpc_encoding.wire_path(path), commit=commit, first=first, last=last)
        return self._call("LineService/Blame", request, lines_pb2.BlameResponse)
