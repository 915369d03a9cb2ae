"""Who moved each HEAD lately, as the kernel names the processes that write its log.

Owns which moves are not explained by the log yet, and the rule by which a commit is joined with them. On the event
loop, no I/O.

A commit whose hook reported is joined by the hook's ancestors: the git among them moved HEAD. Any other commit is one
of the moves that were reported since the log was last read; where these are of several, or one of them is of somebody
unknown, it is nobody's. Whatever may have gone unseen counts as a move of somebody unknown.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from obsd.facts import UNKNOWN_AGENT

_MOST: Final = 500
"""Moves that wait for their log to be read; a rebase of more commits is no commit."""


@dataclass(frozen=True, slots=True)
class Move:
    """A process wrote to the log of a HEAD, at most a moment before `at`. No pid: something may have gone unseen."""

    at: float
    pid: int
    agent: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class Mover:
    """Whose git made a commit: an agent with its session, or `person`."""

    agent: str
    session: str = ""


@dataclass(frozen=True, slots=True)
class LoggedCommit:
    """A commit: the second that the log has, and the processes above its own hooks, nearest first."""

    at: float
    ancestors: tuple[int, ...] = ()


class Heads(Protocol):
    """Who moves the HEADs of workspaces."""

    async def moves(self, workspace: str) -> Sequence[Move]:
        """The moves that are not explained, all that happened before the call among them."""

    def explained(self, workspace: str, moves: Sequence[Move]) -> None:
        """The log was read to its end after these moves."""


class NoHeads:
    """Nobody says who moves them."""

    async def moves(self, workspace: str) -> Sequence[Move]:
        return ()

    def explained(self, workspace: str, moves: Sequence[Move]) -> None:
        pass


class HeadMovers:
    """The moves of all workspaces."""

    def __init__(self) -> None:
        self._moves: defaultdict[str, deque[Move]] = defaultdict(lambda: deque(maxlen=_MOST))

    def moved(self, workspace: str, move: Move) -> None:
        """The kernel named who moved a HEAD."""
        moves = self._moves[workspace]
        if len(moves) == _MOST:
            moves.append(_unseen(move.at))  # the oldest is dropped
        moves.append(move)

    def unseen(self, workspaces: Iterable[str], at: float) -> None:
        """Moves of these HEADs may have gone unseen until a time."""
        for workspace in workspaces:
            self._moves[workspace].append(_unseen(at))

    def forget(self, workspace: str) -> None:
        """A workspace is removed."""
        self._moves.pop(workspace, None)

    def of(self, workspace: str) -> tuple[Move, ...]:
        """The moves that the log has not explained."""
        return tuple(self._moves.get(workspace, ()))

    def explained(self, workspace: str, moves: Sequence[Move]) -> None:
        """The log was read to its end after these moves were reported: what is read later is not of them."""
        waiting = self._moves[workspace]
        for _ in range(min(len(moves), len(waiting))):
            if waiting[0] not in moves:
                return  # dropped meanwhile
            waiting.popleft()


def who_made(moves: Sequence[Move], commits: Mapping[str, LoggedCommit]) -> dict[str, Mover]:
    """Who made commits, by their ids; those of whom that is not proved are left out."""
    own = {commit_id: _nearest(moves, made.ancestors) for commit_id, made in commits.items()}
    reporting = {move.pid for move in own.values() if move is not None}
    others = [move for move in moves if move.pid not in reporting]
    found: dict[str, Mover] = {}
    for commit_id, made in commits.items():
        move = own[commit_id]
        if move is not None:
            mover = _only([move])
        elif made.ancestors:
            continue
        else:
            mover = _only([other for other in others if other.at >= made.at])
        if mover is not None:
            found[commit_id] = mover
    return found


def _nearest(moves: Sequence[Move], ancestors: Iterable[int]) -> Move | None:
    """The last move of the nearest ancestor that moved HEAD."""
    last = {move.pid: move for move in moves if move.pid}
    return next((last[pid] for pid in ancestors if pid in last), None)


def _only(moves: Sequence[Move]) -> Mover | None:
    agents = {move.agent for move in moves}
    if len(agents) != 1 or UNKNOWN_AGENT in agents:
        return None
    sessions = {move.session for move in moves}
    return Mover(agents.pop(), sessions.pop() if len(sessions) == 1 else "")


def _unseen(at: float) -> Move:
    return Move(at, 0, UNKNOWN_AGENT)
