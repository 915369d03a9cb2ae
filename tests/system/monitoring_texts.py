"""Configurations, rules and queries as they are checked in or printed, made fit for a test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

RULES = Path(__file__).resolve().parents[2] / "packaging" / "prometheus" / "rules"


def filled(expr: str, values: Mapping[str, str]) -> str:
    """An expression of a dashboard as Grafana sends it, with the values of its variables."""
    for name in sorted(values, key=len, reverse=True):
        expr = expr.replace(f"${{{name}}}", values[name]).replace(f"${name}", values[name])
    assert "$" not in expr, expr
    return expr


def hurried(text: str, rules: Path = RULES) -> str:
    """A configuration or rules as they are, but every second, and with the rules of this checkout."""
    lines = []
    for line in text.replace("/usr/share/obsd/prometheus/rules", str(rules)).splitlines():
        key, colon, _ = line.partition(":")
        hasty = key.strip() in ("interval", "scrape_interval", "evaluation_interval", "scrape_timeout")
        lines.append(f"{key}{colon} 1s" if hasty else line)
    return "\n".join(lines) + "\n"


def hurried_rules(folder: Path) -> Path:
    """A copy of the rules that are evaluated every second."""
    folder.mkdir(parents=True)
    for path in RULES.glob("*.yml"):
        (folder / path.name).write_text(hurried(path.read_text("utf-8")))
    return folder
