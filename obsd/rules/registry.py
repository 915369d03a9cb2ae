"""All rules, found in `obsd/rules/builtin`: to add one, add a file there. Constants, any thread."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from obsd.rules import builtin
from obsd.rules.rule import CommitRule, Rule, WorkspaceRule


def _found() -> tuple[Rule, ...]:
    names = sorted(module.name for module in iter_modules(builtin.__path__))
    return tuple(import_module(f"{builtin.__name__}.{name}").RULE for name in names)


RULES: tuple[Rule, ...] = _found()
"""By name."""
COMMIT_RULES = tuple(rule for rule in RULES if isinstance(rule, CommitRule))
WORKSPACE_RULES = tuple(rule for rule in RULES if isinstance(rule, WorkspaceRule))
