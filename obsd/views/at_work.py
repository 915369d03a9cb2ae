"""Who is at work now: the authors of the last minutes with the file that each wrote last, and agents only present.

Pure functions over the views. Event loop only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from obsd.analysis.day import AtWork
from obsd.views.recent import RecentActivity, Written
from obsd.views.views import Views


def at_work(views: Views, workspaces: Iterable[str], now: float) -> list[AtWork]:
    """Returns who is at work in some workspaces, the one who wrote last first, those only present last."""
    found = [one for workspace in workspaces for one in _in(views, workspace, now)]
    return sorted(found, key=lambda one: (one.present, -one.at, one.workspace, one.author))


def _in(views: Views, workspace: str, now: float) -> Iterator[AtWork]:
    recent = views.recent.workspaces.get(workspace, RecentActivity())
    session = views.sessions.running(workspace, now)
    session_id, started_at = ("", None) if session is None else (str(session.number), session.started_at)
    written = _written(recent, now)
    for author, sums in written.items():
        at, path = recent.files.get(author, (0.0, ""))
        yield AtWork(
            workspace,
            author,
            path=path,
            at=at,
            changes=sums.changes,
            lines_added=sums.lines_added,
            lines_removed=sums.lines_removed,
            session_id=session_id,
            session_started_at=started_at,
        )
    for agent in views.presence.of(workspace):
        if agent not in written:
            yield AtWork(workspace, agent, present=True, session_id=session_id, session_started_at=started_at)


def _written(recent: RecentActivity, now: float) -> dict[str, Written]:
    sums: dict[str, Written] = {}
    for bucket in recent.until(now):
        for author, own in bucket.authors.items():
            one = sums.setdefault(author, Written())
            one.changes += own.changes
            one.lines_added += own.lines_added
            one.lines_removed += own.lines_removed
    return sums
