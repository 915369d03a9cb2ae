"""Owns the form of results: rows with an aim, printed as a Markdown table under a line about the machine."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One measured value; `aim` is the most that it should be (None: no aim) in the same unit."""

    work: str
    what: str
    value: float
    unit: str
    aim: float | None = None
    note: str = ""


def spread(work: str, what: str, values: Sequence[float], unit: str, aim: float | None = None) -> list[Row]:
    """Median, which is held against the aim, and 95th percentile."""
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return [
        Row(work, f"{what}, median of {len(values)}", statistics.median(values), unit, aim),
        Row(work, f"{what}, 95th percentile", high, unit),
    ]


def machine() -> str:
    """The machine that it was measured on."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    return f"{os.cpu_count()} cores ({model}), Linux {platform.release()}, Python {platform.python_version()}"


def show(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| work | what | value | aim | |", "|---|---|---:|---:|---|"]
    for row in rows:
        aim = "" if row.aim is None else f"{row.aim:g} {row.unit}"
        verdict = "" if row.aim is None else ("met" if row.value <= row.aim else "**missed**")
        note = f"{verdict} {row.note}".strip()
        lines.append(f"| {row.work} | {row.what} | {_number(row.value)} {row.unit} | {aim} | {note} |")
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
