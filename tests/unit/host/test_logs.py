"""The log: one line an event, nothing forged, priorities for the journal."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from obsd.errors import ConfigError
from obsd.host import journald, logs


@pytest.fixture(autouse=True)
def _root_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_message_is_one_line_without_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info")
    logging.getLogger("obsd.daemon").warning("a file %s came", "x\n<0>forged\x1b[2J\udcff")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(" warning daemon: a file x\\n<0>forged\\x1b[2J\\xff came")


def test_a_traceback_follows_as_indented_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("info")
    try:
        raise ValueError("a\nb")
    except ValueError:
        logging.getLogger("obsd.x").exception("failed")
    first, *others = capsys.readouterr().err.splitlines()
    assert first.endswith("error x: failed")
    assert others
    assert all(line.startswith("    ") for line in others)


def test_the_level_comes_from_the_option_then_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OBSD_LOG", "error")
    logs.set_up()
    assert logging.getLogger().level == logging.ERROR
    logs.set_up("debug")
    assert logging.getLogger().level == logging.DEBUG
    monkeypatch.setenv("OBSD_LOG", "loud\x1b")
    with pytest.raises(ConfigError) as caught:
        logs.set_up()
    assert caught.value.message.isprintable()


def test_a_journal_that_cannot_be_reached_gets_priorities(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.fstat(2)
    monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
    monkeypatch.setattr(journald, "SOCKET", Path("/nonexistent"))
    assert logs.stderr_is_journal()
    logs.set_up("info")
    log = logging.getLogger("obsd.daemon")
    log.info("one")
    log.error("two")
    assert capsys.readouterr().err == "<6>daemon: one\n<3>daemon: two\n"


@pytest.mark.parametrize("value", ["", "1:2", "x:y", "1"])
def test_another_stream_is_not_the_journal(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNAL_STREAM", value)
    assert not logs.stderr_is_journal()
