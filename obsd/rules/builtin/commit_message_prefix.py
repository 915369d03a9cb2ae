"""`commit_message_prefix`: a subject does not begin with one of the prefixes.

A word is a type of Conventional Commits: `feat` takes `feat: …`, `feat(scope): …` and `feat!: …`, in any case. Anything
else (`area:`, `PROJ-`) must match exactly. Merges and reverts are exempt: git writes their messages.
"""

from __future__ import annotations

import re

from obsd.rules.rule import KEPT, Commit, CommitRule, Verdict, broken, texts

TYPES = ("feat", "fix", "docs", "style", "refactor", "perf", "test", "build", "ci", "chore", "revert")

_WORD = re.compile(r"[A-Za-z0-9_]+(?:-[A-Za-z0-9_]+)*")
_CONVENTIONAL = re.compile(r"(?P<type>[^\s():!]+)(?:\([^()]*\))?!?:\s+\S")
_AUTOSQUASH = re.compile(r"^(?:(?:fixup|squash|amend)! )+")


def judge(commit: Commit, prefixes: tuple[str, ...]) -> Verdict | None:
    """Skips the prefixes of `git commit --fixup` and `--squash` first."""
    if commit.kind in ("merge", "revert"):
        return None
    subject = _AUTOSQUASH.sub("", commit.subject)
    match = _CONVENTIONAL.match(subject)
    found = match["type"].casefold() if match else ""
    if any(_fits(subject, found, prefix) for prefix in prefixes):
        return KEPT
    shown = ", ".join(prefixes[:12]) + (", …" if len(prefixes) > 12 else "")
    return broken(commit.commit_id, f"the subject begins with none of {shown}")


def _fits(subject: str, found: str, prefix: str) -> bool:
    return prefix.casefold() == found if _WORD.fullmatch(prefix) else subject.startswith(prefix)


RULE = CommitRule("commit_message_prefix", "a subject has none of the prefixes", texts(*TYPES), TYPES, judge)
