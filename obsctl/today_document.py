"""A day at a glance as the object of `--json`. Keys may be added, never renamed or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from obsctl import documents
from obsctl.schema import day as schema

if TYPE_CHECKING:
    from obsd.v1.day_pb2 import Day, DayAttention, DayAtWork, DayFigures, DayLane


def document(day: Day) -> schema.Today:
    """Everything in a day."""
    return {
        "at": documents.time(day.at),
        "since": documents.time(day.since),
        "until": documents.time(day.until),
        "before_since": documents.time(day.before_since),
        "workspace": day.workspace or None,
        "first_record": documents.time(day.first_record) if day.HasField("first_record") else None,
        "total": figures(day.total),
        "total_before": figures(day.total_before),
        "authors": [
            {"author": one.author, "figures": figures(one.figures), "before": figures(one.before)}
            for one in day.authors
        ],
        "slot_seconds": day.slot_seconds,
        "lanes": [lane(one) for one in day.lanes],
        "at_work": [_at_work(one) for one in day.at_work],
        "attention": [attention(one) for one in day.attention],
        "sessions": [documents.session(one) for one in day.sessions],
    }


def figures(message: DayFigures) -> schema.DayFigures:
    """What somebody did."""
    return {
        "sessions": message.sessions,
        "session_seconds": round(message.session_seconds, 3),
        "commits": message.commits,
        "changes": message.changes,
        "lines_added": message.lines_added,
        "lines_removed": message.lines_removed,
        "tokens": round(message.tokens),
        "cost_usd": round(message.cost_usd, 6) if message.HasField("cost_usd") else None,
        "floor": round(message.floor, 4) if message.HasField("floor") else None,
        "ceiling": round(message.ceiling, 4) if message.HasField("ceiling") else None,
    }


def lane(message: DayLane) -> schema.DayLane:
    """A time line."""
    return {
        "workspace": message.workspace,
        "slots": [
            {
                "at": documents.time(slot.at),
                "changes": slot.changes,
                "lines": slot.lines,
                "commits": slot.commits,
                "authors": dict(sorted(slot.authors.items())),
            }
            for slot in message.slots
        ],
    }


def _at_work(message: DayAtWork) -> schema.AtWork:
    started = message.HasField("session_started_at")
    return {
        "workspace": message.workspace,
        "author": message.author,
        "present": message.present,
        "path": message.path or None,
        "at": documents.time(message.at) if message.HasField("at") else None,
        "changes": message.changes,
        "lines_added": message.lines_added,
        "lines_removed": message.lines_removed,
        "session": message.session or None,
        "session_started_at": documents.time(message.session_started_at) if started else None,
    }


def attention(message: DayAttention) -> schema.Attention:
    """Something that needs a look."""
    return {
        "kind": message.kind,
        "workspace": message.workspace or None,
        "at": documents.time(message.at) if message.HasField("at") else None,
        "name": message.name,
        "text": message.text,
        "subject": message.subject,
        "severity": message.severity,
        "hint": message.hint,
        "count": message.count,
        "resolved": message.resolved,
    }
