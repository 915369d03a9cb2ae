"""Commits of a worktree that keeps no reflog (bare-style settings, reftable): what its hooks reported counts.

Owns that decision. Blocking; worker threads only. A hook knows less than the log, and more than the move of HEAD that
a look sees: commits on branches that HEAD has left since, and which commit an amend replaced in between. What the
reports do not name is known by that move (`reflog_scan.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from obsd.facts import CommitKind
from obsd.git.hook_report import Report
from obsd.git.layout import Layout, branch_name
from obsd.git.reflog_scan import Made, Rewritten
from obsd.git.repository import CommitInfo, Repository

_FRESH_SECONDS = 5


def from_reports(
    worktree: Layout, reports: Sequence[Report], moved: Sequence[Made | Rewritten]
) -> list[Made | Rewritten]:
    """What reports of one worktree and the move of its HEAD say was made, oldest first."""
    repository = Repository(worktree)
    by_commit: dict[str, list[Report]] = {}
    for report in reports:
        commit_id = report.commit_id or repository.head()
        if commit_id:
            by_commit.setdefault(commit_id, []).append(report)
    infos = {commit_id: info for commit_id in by_commit if (info := repository.find(commit_id)) is not None}
    seen = {_id(item): item for item in moved}
    found = [
        item
        for commit_id, group in by_commit.items()
        if commit_id in infos and (item := _decide(infos, seen, infos[commit_id], group)) is not None
    ]
    decided = {_id(item) for item in found}
    return [*found, *(item for item in moved if _id(item) not in decided)]


def _id(item: Made | Rewritten) -> str:
    return item.commit_id if isinstance(item, Made) else item.new_id


def _decide(
    infos: Mapping[str, CommitInfo], moved: Mapping[str, Made | Rewritten], info: CommitInfo, reports: Sequence[Report]
) -> Made | Rewritten | None:
    branch = branch_name(next((report.branch for report in reports if report.branch), ""))
    by_move = moved.get(info.id)
    if isinstance(by_move, Rewritten):
        return by_move
    if any(report.hook_argument == "rebase" for report in reports):
        return Rewritten("rebase", "", info.id, info.committer_time, branch)
    if any(report.hook == "post-rewrite" for report in reports):
        return Rewritten("amend", _amended(infos, info), info.id, info.committer_time, branch)
    kind = _kind(info, reports)
    ident = f"{info.committer_name} <{info.committer_email}>"
    return Made(info.id, kind, branch, info.committer_time, ident, "") if kind else None


def _amended(infos: Mapping[str, CommitInfo], info: CommitInfo) -> str:
    """The commit that an amend replaced, if it was reported too: the last one with the same parents."""
    before = list(infos)[: list(infos).index(info.id)]
    return next((one for one in reversed(before) if infos[one].parents == info.parents), "")


def _kind(info: CommitInfo, reports: Iterable[Report]) -> CommitKind | None:
    hooks = {report.hook for report in reports}
    if "post-commit" in hooks:
        return "merge" if len(info.parents) > 1 else "commit"
    if "post-applypatch" in hooks:
        return "am"
    # post-merge runs after a fast-forward as well: only a merge commit of that moment was made here.
    reported = max(report.reported_at for report in reports)
    fresh = abs(reported - info.committer_time) <= _FRESH_SECONDS
    return "merge" if len(info.parents) > 1 and fresh else None
