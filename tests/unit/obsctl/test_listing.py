"""Lists for people: tables fit every width, leave out what is said last, and never show a control character."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from obsctl import listing
from obsctl.call import Call
from obsctl.columns import Column
from obsctl.fitted_table import cut, cut_left, fitted

COLUMNS = (
    Column("ID"),
    Column("PATH", least=8, from_left=True),
    Column("N", rank=2, right=True),
    Column("WHO", rank=1),
)
ROWS = [["1", "src/支払い/module.py", "12", "claude-code"], ["20", "b" * 70, "3", "a person"]]


def drawn(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    out = StringIO()
    Console(width=width, file=out, highlight=False, markup=False, emoji=False).print(fitted(COLUMNS, rows, width))
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_long_cells_are_shortened_before_columns_go() -> None:
    whole, narrow, narrowest = drawn(ROWS, 120), drawn(ROWS, 40), drawn(ROWS, 16)
    assert whole[2].split() == ["20", "b" * 70, "3", "a", "person"]
    assert narrow[0].split() == ["ID", "PATH", "N", "WHO"]
    assert narrow[1].endswith("12  claude-code")
    assert "…" in narrow[2]
    assert narrowest[0].split() == ["ID", "PATH"], "the least needed column went first"
    assert all(cell_len(line) <= 16 for line in narrowest)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40), st.integers(0, 30))
def test_cut_texts_take_no_more_cells(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) <= width
    assert cell_len(cut_left(text, width)) <= max(width, 0)
    if cell_len(text) <= width:
        assert cut(text, width) == cut_left(text, width) == text


def call(**options: object) -> Call:
    return Call(Namespace(json=False, no_color=True, no_pager=False, **options))


def test_a_script_gets_every_column_and_the_whole_time(capsys: pytest.CaptureFixture[str]) -> None:
    listing.show(call(), COLUMNS, [["1", "a\x1b[2Jb", 3, "x"]], hidden=("WHO",))
    assert capsys.readouterr().out.splitlines() == ["ID  PATH       N  WHO", "1   a\\x1b[2Jb  3  x"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", listing.when(1e9))


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, lines: int, pager: str, **options: object) -> str:
    """What a list of five rows prints on a terminal so many lines high."""
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stdin", Terminal())
    for name, value in (("LINES", str(lines)), ("COLUMNS", "60"), ("TERM", "xterm"), ("PAGER", pager)):
        monkeypatch.setenv(name, value)
    listing.show(call(**options), COLUMNS, [[n, "a.py", n, "x\x1b[2J"] for n in range(5)], hidden=("WHO",))
    return out.getvalue()


def test_a_long_list_goes_to_the_pager_and_a_short_one_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    paged = tmp_path / "paged"
    pager = f"sh -c 'cat > {paged}'"
    assert "a.py" in on_terminal(monkeypatch, 50, pager)
    assert not paged.exists()
    assert on_terminal(monkeypatch, 5, pager) == ""
    assert paged.read_text().count("a.py") == 5
    assert "WHO" not in paged.read_text()
    for broken in ("/no/such/pager", "", "'"):
        assert "a.py" in on_terminal(monkeypatch, 5, broken), "it is printed then"


def test_no_pager_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stdin", Terminal())
    for name, value in (("LINES", "5"), ("COLUMNS", "60"), ("TERM", "xterm"), ("PAGER", "false")):
        monkeypatch.setenv(name, value)
    asked = Call(Namespace(json=False, no_color=True, no_pager=True))
    listing.show(asked, COLUMNS, [[n, "a.py", n, "x"] for n in range(9)])
    assert out.getvalue().count("a.py") == 9


def test_a_note_on_a_terminal_is_broken_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Terminal()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setenv("COLUMNS", "30")
    call().note("telemetry is not received: set [telemetry] grpc and http in obsd.toml")
    assert out.getvalue().splitlines() == [
        "telemetry is not received: set",
        "[telemetry] grpc and http in",
        "obsd.toml",
    ]
