"""What needs attention, from the rare facts of a period: broken rules and discarded work each once, anomalies each.

Pure, any thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from obsd.analysis.day import Attention
from obsd.facts import AnomalySeen, RuleBroken, RuleKept, WorkDiscarded

_KINDS: Final = ("discard", "anomaly", "rule")
Row = tuple[float, str, str, Mapping[str, Any]]
"""Time, workspace, kind and fields of a fact."""


def attention_of(rows: Iterable[Row]) -> list[Attention]:
    """Returns what needs attention, from rows in the order of their recording: lost work, anomalies, then rules, each
    the last first; what needs none any more at the end."""
    found: dict[tuple[str, ...], Attention] = {}
    for number, (at, workspace, kind, fields) in enumerate(rows):
        if kind == RuleKept.__name__:
            key: tuple[str, ...] = ("rule", workspace, fields["rule"])
            if key in found:
                found[key] = replace(found[key], resolved=True)
            continue
        one = _HANDLERS[kind](at, workspace, fields)
        key = (one.kind, workspace, one.name if one.kind != "anomaly" else f"{one.name} {number}")
        found[key] = _together(found[key], one) if key in found else one
    return sorted(found.values(), key=lambda one: (one.resolved, _KINDS.index(one.kind), -one.at))


def _together(earlier: Attention, later: Attention) -> Attention:
    count = earlier.count + 1
    if later.kind == "discard":
        files, lines = (a + b for a, b in zip(earlier.amounts, later.amounts, strict=True))
        return replace(_discard(later.at, later.workspace, later.name, files, lines), count=count)
    return replace(later, count=count)


def _rule(at: float, workspace: str, fields: Mapping[str, Any]) -> Attention:
    return Attention("rule", workspace, at, fields["rule"], fields["detail"], fields["subject"])


def _anomaly(at: float, workspace: str, fields: Mapping[str, Any]) -> Attention:
    return Attention("anomaly", workspace, at, fields["kind"], fields["reason"], fields["subject"])


def _discarded(at: float, workspace: str, fields: Mapping[str, Any]) -> Attention:
    return _discard(at, workspace, fields["operation"], fields["files"], fields["lines"])


def _discard(at: float, workspace: str, operation: str, files: int, lines: int) -> Attention:
    aside = operation == "stash"
    what = "put aside" if aside else "discarded"
    text = f"{lines} uncommitted {_plural(lines, 'line')} in {files} {_plural(files, 'file')} {what}"
    return Attention("discard", workspace, at, operation, text, resolved=aside, amounts=(files, lines))


def _plural(number: int, word: str) -> str:
    return word if number == 1 else f"{word}s"


_HANDLERS = {RuleBroken.__name__: _rule, AnomalySeen.__name__: _anomaly, WorkDiscarded.__name__: _discarded}
