"""Commits of a worktree that keeps no reflog (bare-style settings, reftable): what its hooks reported counts.

Owns that decision. Blocking; worker threads only. A hook knows less than the log: a rebase is one rewrite, of its last
commit, and an amend is told by the post-rewrite that follows its post-commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from obsd.facts import CommitKind
from obsd.git.hook_report import Report
from obsd.git.layout import Layout, branch_name
from obsd.git.reflog_scan import Made, Rewritten
from obsd.git.repository import CommitInfo, NotACommit, Repository

_FRESH_SECONDS = 5


def from_reports(worktree: Layout, reports: Sequence[Report]) -> list[Made | Rewritten]:
    """What reports of one worktree say was made, oldest first."""
    repository = Repository(worktree)
    by_commit: dict[str, list[Report]] = {}
    for report in reports:
        commit_id = report.commit_id or repository.head()
        if commit_id:
            by_commit.setdefault(commit_id, []).append(report)
    found = (_decide(repository, commit_id, group) for commit_id, group in by_commit.items())
    return [item for item in found if item is not None]


def _decide(repository: Repository, commit_id: str, reports: Sequence[Report]) -> Made | Rewritten | None:
    try:
        info = repository.commit(commit_id)
    except NotACommit:
        return None
    if info is None:
        return None
    if any(report.hook_argument == "rebase" for report in reports):
        return Rewritten("rebase", "", commit_id, info.committer_time)
    if any(report.hook == "post-rewrite" for report in reports):
        return Rewritten("amend", "", commit_id, info.committer_time)
    kind = _kind(info, reports)
    branch = branch_name(next((report.branch for report in reports if report.branch), ""))
    ident = f"{info.committer_name} <{info.committer_email}>"
    return Made(commit_id, kind, branch, info.committer_time, ident, "") if kind else None


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
