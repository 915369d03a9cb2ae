"""What is told of many events: one row a file and writer, and nobody who only closed."""

from __future__ import annotations

import json

from obsd.writers import syscalls
from obsd.writers.outgoing import Outgoing
from obsd.writers.seen import FOUND, Row, Writer, decode_seen, encode_seen

CHILD: Writer = (7, "sed", "claude-code", "s")
PARENT: Writer = (6, "bash", "person", "")
MODIFY, CLOSE = syscalls.FAN_MODIFY, syscalls.FAN_CLOSE_WRITE


def told(outgoing: Outgoing, now: float) -> list[tuple[str, int, int]]:
    """(name, bits, process id)."""
    writers, rows = outgoing.take(now)
    return [(name, bits, writers[number][0]) for _, name, bits, number in rows]


def test_events_of_one_file_and_writer_are_one_row() -> None:
    outgoing = Outgoing()
    for bits in (syscalls.FAN_CREATE, MODIFY, CLOSE):
        outgoing.add(1.0, "/w", "f", bits, CHILD)
    assert outgoing.due == 1.03
    assert told(outgoing, 2.0) == [("f", syscalls.FAN_CREATE | MODIFY | CLOSE, 7)]
    assert outgoing.due is None
    assert told(outgoing, 2.0) == []


def test_who_closes_what_another_wrote_is_not_told_also_later() -> None:
    outgoing = Outgoing()
    outgoing.add(1.0, "/w", "f", MODIFY, CHILD)
    outgoing.add(1.0, "/w", "f", CLOSE, PARENT)
    assert told(outgoing, 1.1) == [("f", MODIFY, 7)]
    outgoing.add(3.0, "/w", "f", CLOSE, PARENT)
    assert told(outgoing, 3.1) == []
    outgoing.add(30.0, "/w", "f", CLOSE, PARENT)
    assert told(outgoing, 30.1) == [("f", CLOSE, 6)]


def test_who_closes_after_a_whole_write_of_another_has_mapped_the_file() -> None:
    outgoing = Outgoing()
    outgoing.add(1.0, "/w", "f", MODIFY | CLOSE, CHILD)
    outgoing.add(1.1, "/w", "f", CLOSE, PARENT)
    assert told(outgoing, 1.2) == [("f", MODIFY | CLOSE, 7), ("f", CLOSE, 6)]


def test_a_frame_has_any_name_and_its_writer() -> None:
    writers = [CHILD, PARENT]
    rows: list[Row] = [
        ("/w", "a\udcff\n", MODIFY | CLOSE, 0),
        ("/w/d", "b", FOUND, 1),
        ("/w", "d", syscalls.FAN_CREATE | syscalls.FAN_ONDIR, 1),
    ]
    frame = json.loads(json.dumps(encode_seen(5.0, writers, rows)))
    seen = {one.name: one for one in decode_seen(*frame)}
    assert seen["a\udcff\n"].operations == {"modified", "closed"}
    assert (seen["a\udcff\n"].agent, seen["a\udcff\n"].session, seen["a\udcff\n"].pid) == ("claude-code", "s", 7)
    assert (seen["b"].directory, seen["b"].operations, seen["b"].agent) == ("/w/d", frozenset({"found"}), "person")
    assert (seen["d"].folder, seen["b"].folder) == (True, False)
    assert not any(one.by_git for one in seen.values())
