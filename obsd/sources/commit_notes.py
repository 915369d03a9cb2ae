"""Lines of unknown authors as other tools' notes on the commit have them.

Owns how long a note is waited for. On the event loop; notes are read by readers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from obsd.agents import names
from obsd.agents.table import AgentTable
from obsd.errors import ObsdError
from obsd.facts import PERSON
from obsd.git.authorship_notes import Claim, Notes, read_notes
from obsd.git.commit_lines import AddedLines
from obsd.git.layout import Layout
from obsd.origins.commit_lines import Origin, Placed
from obsd.origins.noted_lines import Noted, ordered, with_notes
from obsd.readers.pool import Git

log = logging.getLogger(__name__)

FileLines = tuple[AddedLines, Sequence[Placed]]
"""What a commit adds to a file, and the origins of those lines."""

_WAIT_SECONDS: Final = 10.0
"""Tools write their note when the commit is made, and need not be done when obsd has seen it."""
_ALL_LINES: Final = 1 << 40


class CommitNotes:
    """Answers for one daemon."""

    def __init__(self, agents: AgentTable, git: Git) -> None:
        self._agents = agents
        self._git = git

    async def apply(
        self,
        where: Layout,
        commit_id: str,
        files: Sequence[FileLines],
        unknown: Iterable[Origin],
        waited_seconds: float,
    ) -> list[FileLines] | None:
        """The files with lines of `unknown` origins as the commit's notes have them.

        None where the repository keeps such notes and this commit's may still come.
        """
        try:
            notes = await self._git.run(str(where.worktree), read_notes, where, [commit_id])
        except ObsdError as error:
            log.info("the notes on commit %s cannot be read: %s", commit_id, error.message)
            return list(files)
        if notes.kept and commit_id not in notes.claims and waited_seconds < _WAIT_SECONDS:
            return None
        by_path = noted_by_path(self._agents, notes, commit_id)
        open_origins = frozenset(unknown)
        return [(file, with_notes(lines, by_path.get(file.path, ()), open_origins)) for file, lines in files]


def noted_by_path(agents: AgentTable, notes: Notes, commit_id: str) -> Mapping[str, Sequence[Noted]]:
    """What the notes on a commit claim of each file."""
    claims: dict[str, list[Claim]] = {}
    for claim in notes.claims.get(commit_id, ()):
        claims.setdefault(claim.path, []).append(claim)
    return {path: ordered(_noted(agents, claim) for claim in own) for path, own in claims.items()}


def _noted(agents: AgentTable, claim: Claim) -> Noted:
    lines = (claim.last or _ALL_LINES) - claim.first + 1
    agent = names.of_tool(agents, claim.tool) if claim.tool else PERSON
    return Noted(claim.first - 1, lines, agent, claim.session)
