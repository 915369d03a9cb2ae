"""The screen of a day: it fits every size, counts what it leaves out, and compares only with what is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import StringIO

import jsonschema
import pytest
from rich.cells import cell_len
from rich.console import Console

from obsctl import cli, today_document, today_figures, today_screen
from obsctl.schema import json_schema
from obsctl.today_screen import Frame
from obsd import rpc_encoding
from obsd.v1 import day_pb2 as pb
from tests.unit import days


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def drawn(day: pb.Day, width: int = 80, height: int = 24, *, colour: bool = False) -> list[str]:
    """The lines of a screen."""
    out = StringIO()
    console = Console(width=width, file=out, no_color=not colour, force_terminal=colour, highlight=False, markup=False)
    end = float(days.T0 + days.DAY)
    console.print(today_screen.screen(day, Frame("Friday 15 January, 14:00", width, height and height - 1, end)))
    return out.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(50, 24), (80, 24), (100, 30), (160, 50), (300, 80)])
@pytest.mark.parametrize("workspaces", [1, 2, 3])
def test_it_fits_and_the_essential_is_there(width: int, height: int, workspaces: int) -> None:
    lines = drawn(days.busy(workspaces), width, height)
    assert len(lines) < height
    assert max(cell_len(line) for line in lines) <= width
    text = "\n".join(lines)
    for wanted in ("4h48m", "+12k -560", "61-70%", "$3.70", "together", "now ", "look ", "watched in part"):
        assert wanted in text, wanted
    assert sum(line.startswith(("42 ", "41 ")) for line in lines) == 2, "the last sessions with their numbers"


def test_yesterdays_figures_are_in_brackets_on_80_columns() -> None:
    [row] = [line for line in drawn(days.busy()) if line.startswith("claude-code ")]
    assert row.split() == [
        *("claude-code", "10", "(30)", "4h48m", "(14h25m)", "5", "(15)", "+12k", "-560", "61-70%", "$3.70", "($11.10)")
    ]


def test_a_day_before_the_record_is_no_day_without_work() -> None:
    day = days.busy()
    day.first_record.CopyFrom(day.since)
    assert "(" not in "\n".join(drawn(day)[3:8])


def test_what_does_not_fit_is_counted() -> None:
    day = days.busy()
    for number in range(9):
        day.attention.add(
            kind="rule", workspace="webshop", name="commit_lines", text=f"{number} lines", severity="warning"
        )
        lane = day.lanes.add(workspace=f"w{number}")
        lane.slots.add(at=rpc_encoding.timestamp(days.T0 + days.HOUR), changes=1, authors={"codex": 1})
    text = "\n".join(drawn(day))
    assert "12 more to look at" in text
    assert "10 more: `obsctl today --workspace NAME`" in text
    day.attention[-1].resolved = True
    assert "11 more to look at" in "\n".join(drawn(day)), "what needs no look any more is not counted"


def test_bars_are_in_the_colour_of_who_wrote_most_and_dots_end_with_now() -> None:
    day = days.busy(1)
    [lane] = [line for line in drawn(day) if line.startswith("webshop  ")]
    bars = lane.split()[1]
    assert bars.startswith("·" * 14), "half an hour a cell, and the first change at seven"
    assert bars.endswith("█·"), "nothing is said of the time to come"
    colours = "\n".join(drawn(day, colour=True))
    assert "\x1b[36m" in colours
    assert "\x1b" not in "\n".join(drawn(day))


def test_an_empty_day_says_why() -> None:
    day = days.empty()
    assert "add-workspace" in today_screen.nothing(day)
    day.workspaces.append("w")
    assert "nothing was recorded yet" in today_screen.nothing(day)
    day.first_record.CopyFrom(rpc_encoding.timestamp(days.T0 - days.DAY))
    assert "nothing happened" in today_screen.nothing(day)
    assert today_screen.nothing(days.busy()) == ""
    assert drawn(day) == ["Friday 15 January, 14:00  w", ""]


def test_the_document_is_of_its_schema() -> None:
    for day in (days.busy(), days.empty()):
        document = {"schema_version": 1, "kind": "today", **today_document.document(day)}
        jsonschema.validate(document, json_schema.of_verb("today"))
    assert today_document.document(days.busy())["authors"][0]["figures"]["floor"] == 0.61


def test_numbers_are_short() -> None:
    assert [today_figures.compact(number) for number in (0, 9_999, 10_000, 999_400, 1_250_000, 250_000_000)] == [
        *("0", "9,999", "10k", "999k", "1.2M", "250M")
    ]
    lengths = [today_figures.length(seconds) for seconds in (0, 45, 3_599, 3_600, 90_000)]
    assert lengths == ["", "45s", "59m", "1h00m", "1d1h"]


@pytest.mark.parametrize(
    ("given", "verb"),
    [
        ([], "today"),
        (["--json"], "today"),
        (["--week", "--date", "yesterday", "--workspace", "w"], "today"),
        (["--socket", "/s", "status"], "status"),
        (["sessions", "--workspace", "w"], "sessions"),
        (["--help"], "--help"),
    ],
)
def test_without_a_verb_it_is_today(given: list[str], verb: str) -> None:
    found = cli.with_verb(given)
    assert next(word for word in found if word in ("today", "status", "sessions", "--help")) == verb
    assert [word for word in found if word != "today"] == given
