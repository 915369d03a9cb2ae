"""`python -m benchmarks.fleet`: the machines send for some minutes as they do in life, then the board is asked."""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from benchmarks import processes, rig
from benchmarks.fleet import board, machines, remote_write, stores
from benchmarks.table import Row, machine, show

RULES = Path(__file__).resolve().parents[2] / "packaging/prometheus/rules/obsd.fleet.yml"
INTERVAL_SECONDS = 15
TIMES = 5
PACES = 5
"""Counters grow at so many paces; which one a series has follows from its place."""
SERIES_A_REQUEST = 10_000


class Fleet:
    """The series of all machines, in requests of some thousand that each have one pace."""

    def __init__(self, template: Sequence[Mapping[str, str]], count: int) -> None:
        self.count = count * len(template)
        self.requests: list[tuple[int, list[bytes]]] = []
        for pace in range(PACES):
            of_pace = [
                remote_write.series({**labels, "machine": f"dev-{number:04}"})
                for number in range(count)
                for labels in template[pace::PACES]
            ]
            self.requests += [(pace, part) for part in _parts(of_pace)]

    def send(self, url: str, at: float) -> int:
        """Sends one sample of each series; returns the bytes on the wire."""
        total = 0
        for pace, found in self.requests:
            body = remote_write.request(found, _sample(pace, at))
            remote_write.send(url, body)
            total += len(body)
        return total


def _parts(found: list[bytes]) -> Iterator[list[bytes]]:
    for start in range(0, len(found), SERIES_A_REQUEST):
        yield found[start : start + SERIES_A_REQUEST]


def _sample(pace: int, at: float) -> bytes:
    return remote_write.sample(float(1 + int(at / 600) % 100_000 * pace), int(at * 1000))


def main(argv: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--machines", type=int, default=1000, help="how many (1000)")
    parser.add_argument("--minutes", type=float, default=4, help="how long they send, every 15 s (4)")
    parser.add_argument("--hours", type=float, default=6, help="how much of what the rules record is there before (6)")
    args = parser.parse_args(argv)
    with rig.folder() as home, stores.server("victoria-metrics", home / "v", "-retentionPeriod=1y") as (url, pid):
        rows = _measure(home, url, pid, args)
    print(f"{machine()}\n\n{show(rows)}")
    return 0


def _measure(home: Path, url: str, pid: int, args: argparse.Namespace) -> list[Row]:
    template, served = machines.one()
    fleet = Fleet(template, args.machines)
    work = f"{args.machines:,} machines"
    rows = [
        Row("one machine", "series that it serves", served, ""),
        Row("one machine", "series that it sends", len(template), ""),
        Row(work, "series", fleet.count, ""),
    ]
    vmalert = (f"-rule={RULES}", *(f"-{each}.url={url}" for each in ("datasource", "remoteWrite", "remoteRead")))
    with stores.server("vmalert", home / "r", *vmalert, "-evaluationInterval=30s") as (alert, _):
        rows += _live(fleet, url, pid, args.minutes * 60, work)
        own = stores.own_metrics(alert)
    key = next(name for name in own if name.startswith("vmalert_iteration_duration_seconds_sum"))
    average = own[key] / own[key.replace("_sum", "_count")]
    rows.append(Row(work, "an evaluation by vmalert while all that is sent, average", average, "s"))
    rows += _rules(url, pid, work)
    rows += _backfilled(url, args.hours, work)
    first = board.time_queries(url, args.hours)
    for title, (seconds, series) in board.time_queries(url, args.hours).items():
        note = f"{series:,} series; the first time {first[title][0]:.2f} s"
        rows.append(Row(f"board, {args.hours:g} h", title, seconds, "s", 1.0, note))
    rows.append(Row(work, "memory of the store, at the end", stores.resident_bytes(pid) / 1e6, "MB"))
    return rows


def _live(fleet: Fleet, url: str, pid: int, seconds: float, work: str) -> list[Row]:
    started = time.monotonic()
    busy, sent, rounds = 0.0, 0, 0
    while time.monotonic() < started + seconds:
        before = time.monotonic()
        sent += fleet.send(url, time.time())
        rounds += 1
        busy += time.monotonic() - before
        time.sleep(max(0.0, started + rounds * INTERVAL_SECONDS - time.monotonic()))
        print(f"round {rounds}: {time.monotonic() - before:.1f} s", file=sys.stderr, flush=True)
    samples = fleet.count * rounds
    return [
        Row(work, "samples a second, at one in 15 s", fleet.count / INTERVAL_SECONDS, "/s"),
        Row(work, "bytes on the wire for each sample", sent / samples, "B"),
        Row(work, "share of the 15 s that sending takes", 100 * busy / rounds / INTERVAL_SECONDS, "%", 100),
        Row(work, "memory of the store", stores.resident_bytes(pid) / 1e6, "MB"),
        Row(work, "of it for each series", stores.resident_bytes(pid) / fleet.count, "B"),
    ]


def _rules(url: str, pid: int, work: str) -> list[Row]:
    """All rules one after the other, as a group of vmalert asks them, some times: their median."""
    walls, used = [], []
    slowest: dict[str, float] = {}
    for _ in range(TIMES):
        busy, started = processes.usage(pid).cpu_seconds, time.monotonic()
        for rule in _rules_of():
            before = time.monotonic()
            stores.ask(url, "query", query=rule["expr"], nocache="1")
            slowest[rule["record"]] = time.monotonic() - before
        walls.append(time.monotonic() - started)
        used.append(processes.usage(pid).cpu_seconds - busy)
    name = max(slowest, key=lambda record: slowest[record])
    return [
        Row(work, f"all {len(slowest)} rules, median of {TIMES}", statistics.median(walls), "s", 0.5),
        Row(work, "the store's CPU for it", statistics.median(used), "s"),
        Row(work, f"the slowest rule, {name}", slowest[name], "s", 0.5),
    ]


def _rules_of() -> list[dict[str, str]]:
    found: list[dict[str, str]] = yaml.safe_load(RULES.read_text("utf-8"))["groups"][0]["rules"]
    return found


def _backfilled(url: str, hours: float, work: str) -> list[Row]:
    """Gives what the rules recorded a past, one sample a minute."""
    since = f"{time.time() - 3600}"
    # Name by name: the store answers this question for no more than 100,000 series at once.
    names = [rule["record"] for rule in _rules_of()]
    labels = [each for name in names for each in stores.ask(url, "series", **{"match[]": name, "start": since})]
    if not labels:
        raise RuntimeError("the rules have recorded nothing yet: let the machines send for longer")
    found = [remote_write.series(each) for each in labels]
    parts = list(_parts(found))
    now = time.time()
    for minute in range(int(hours * 60), 5, -1):
        for pace, part in enumerate(parts):
            at = now - minute * 60
            remote_write.send(url, remote_write.request(part, _sample(pace % PACES, at)))
    return [
        Row(work, "series that the rules record", len(found), ""),
        Row(work, f"samples of them in {hours:g} h", len(found) * hours * 60, ""),
    ]


if __name__ == "__main__":
    sys.exit(main())
