"""Queries of the dashboards: what a selector is, and how growth of a counter is asked for.

Owns the one way in which all panels ask for growth, so that the sums of their windows are what was counted. The windows
of a panel over time are `$__interval`, which is the step of its query: they meet without a gap, however long the time
shown is. The dashboard's variable `interval` is the least of them.
"""

from __future__ import annotations

from dataclasses import dataclass

SELECTOR = 'machine=~"$machine", workspace=~"$workspace"'
"""For series of a workspace; on one machine there is no label `machine`, and `.*` takes that, too."""

DAEMON = '{machine=~"$machine"}'
SINCE = f"obsd_up_since_timestamp_seconds{DAEMON}"
"""There from the first scrape on, and of each machine once."""

WINDOW, RANGE = "$__interval", "$__range"
LEAST = "$interval"


@dataclass(frozen=True, slots=True)
class Query:
    """An expression and what its series are called; `step` is the least step, `instant` asks for one moment."""

    expr: str
    legend: str = ""
    step: str = ""
    instant: bool = False


def of(metric: str, *matchers: str) -> str:
    """A selector of the chosen machines and workspaces."""
    return f"{metric}{{{', '.join([SELECTOR, *matchers])}}}"


def growth(
    metric: str, by: str, window: str, *matchers: str, since: str = SINCE, scraped: str = "job, instance, machine"
) -> str:
    """How much a counter grew in `window`, summed by labels: whole numbers, and with the first count of new series.

    Three cases: the series was there before the window; it appeared in the window, after the daemon's own (`since`, of
    the same labels `scraped`, has more samples, or was there before), so that all of it is growth; or nothing was
    scraped before the window, and what was counted then is in none.
    `increase` would not see the second, and gives fractions. The last sample counts and not the one at the window's
    end: a machine that sleeps has none there.
    """
    series = of(metric, *matchers)
    last, scrapes = f"last_over_time({series}[{window}])", f"count_over_time({since}[{window}])"
    return (
        f"sum by ({by}) (\n"
        f"  clamp_min({last} - {_before(series, window)}, 0)\n"
        f"  or ({last} and (count_over_time({series}[{window}])\n"
        f"    < on ({scraped}) group_left () ({scrapes} + {_before(since, window)} or {scrapes})))\n"
        f"  or ({last} - min_over_time({series}[{window}]))\n"
        ")"
    )


def _before(series: str, window: str) -> str:
    """The value at the window's start."""
    return f"{series} offset {window}" if window == RANGE else f"last_over_time({series}[{window}] offset {window})"


def over_time(metric: str, by: str, legend: str, *matchers: str) -> Query:
    """Growth in each window, to be drawn as bars."""
    return windowed(growth(metric, by, WINDOW, *matchers), legend)


def windowed(expr: str, legend: str) -> Query:
    """An expression whose windows are as long as the steps, and no shorter than the dashboard's interval."""
    return Query(expr, legend, step=LEAST)


def over_range(metric: str, by: str, legend: str, *matchers: str) -> Query:
    """Growth over the whole time shown."""
    return Query(growth(metric, by, RANGE, *matchers), legend, instant=True)


def total(metric: str, *matchers: str) -> str:
    """Growth over the whole time shown of everything together, 0 without any."""
    return f"({growth(metric, '', RANGE, *matchers)} or vector(0))"
