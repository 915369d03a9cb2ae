"""What one run of a git hook knew. Owns the dataclass alone; imports nothing heavy, because obsctl uses it too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from obsd.facts import ReportResult

HOOKS: tuple[str, ...] = ("post-commit", "post-merge", "post-rewrite", "post-applypatch")
"""The hooks that report. `probe` is a fifth name in reports: one that only asks for an answer."""

PROBE = "probe"

PREPARE = "prepare-commit-msg"
"""It runs before a commit, and reports in the place of a hook that another tool needs for itself: its `commit_id` is
what HEAD was before."""

REPORTING = (*HOOKS, PREPARE, PROBE)
"""All that a report can name."""


@dataclass(frozen=True, slots=True)
class Process:
    """An ancestor of the hook: what sh could read of it is the pid and the kernel's short name."""

    pid: int
    name: str
    executable: str = ""
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One run of a hook. Paths are as `os.fsdecode` gives them; `reported_at` is in Unix seconds.

    `id` names the report: the same id twice is the same report. `commit_id` is HEAD in hexadecimal, empty when sh
    could not read it; `branch` the full name of the ref that HEAD named, empty when detached. `hook_argument` is
    the hook's first argument; for post-commit it is `rebase` while a rebase is under way. `marks` are the agent
    marks of the environment, by name.
    """

    id: str
    worktree: str
    git_dir: str = ""
    commit_id: str = ""
    branch: str = ""
    hook: str = "post-commit"
    hook_argument: str = ""
    reported_at: float = 0.0
    marks: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    ancestors: tuple[Process, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportOutcome:
    """What became of a report. `reason`, `message` and `hint` say why it was refused; empty otherwise."""

    result: ReportResult
    reason: str = ""
    message: str = ""
    hint: str = ""
