"""One session as the object of `--json`. Keys may be added, never renamed or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obsctl import agent_documents, documents, today_document
from obsctl.schema import session as schema

if TYPE_CHECKING:
    from obsd.v1.agents_pb2 import GetSessionResponse


def document(found: GetSessionResponse) -> schema.SessionDetail:
    """Everything about a session."""
    whole = found.HasField("session")
    return {
        "session": documents.session(found.session) if whole else None,
        "agent_sessions": [agent_documents.session(one) for one in found.agent_sessions],
        "committed": [documents.committed(one) for one in found.committed],
        "agents_committed": documents.part(found, "agents_committed"),
        "folder": found.folder or None,
        "files": [
            {
                "path": one.path,
                "changes": one.changes,
                "lines_added": one.lines_added,
                "lines_removed": one.lines_removed,
                "authors": [documents.share(share) for share in one.authors],
            }
            for one in found.files
        ],
        "commits": [documents.commit(one) for one in found.commits],
        "attention": [today_document.attention(one) for one in found.attention],
        "slot_seconds": found.slot_seconds,
        "slots": today_document.lane(found.lane)["slots"],
    }
