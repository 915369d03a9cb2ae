"""A scrape as a test reads it."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families


class Samples:
    """One scrape."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.series: list[tuple[str, dict[str, str], float]] = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def matching(self, name: str, **labels: str) -> Iterator[tuple[dict[str, str], float]]:
        """The series of that name that have these labels, and their values."""
        for series, having, value in self.series:
            if series == name and labels.items() <= having.items():
                yield having, value

    def sum(self, name: str, **labels: str) -> float:
        """Sum over the matching series; 0 for none."""
        return sum(value for _, value in self.matching(name, **labels))

    def value(self, name: str, **labels: str) -> float | None:
        """Value of the one matching series; None when there is none."""
        values = [value for _, value in self.matching(name, **labels)]
        assert len(values) <= 1, f"{name}{labels} names {len(values)} series"
        return values[0] if values else None

    def labels(self, name: str, label: str, **labels: str) -> set[str]:
        """The values of one label among the matching series."""
        return {having[label] for having, _ in self.matching(name, **labels)}
