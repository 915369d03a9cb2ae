"""Vendors' days for AgentService: read from the ledger, compared, as a message. On the event loop."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from obsd import rpc_encoding
from obsd.api.daemon_protocol import DaemonPort
from obsd.ledger import Ledger
from obsd.text import printable
from obsd.usage import anthropic
from obsd.usage.comparison import Compared, compare
from obsd.v1 import agents_pb2 as pb

USUAL_SECONDS = 7 * 86_400.0
MAX_VENDOR_CHARACTERS = 40


async def answer(daemon: DaemonPort, request: pb.ListUsageRequest) -> pb.ListUsageResponse:
    """The compared days since a time, a week by default."""
    since = rpc_encoding.unix_seconds(request.since) if request.HasField("since") else time.time() - USUAL_SECONDS
    config = daemon.config.usage.anthropic

    def read(ledger: Ledger) -> list[Compared]:
        begin = _day(since)
        days = ledger.usage.days(begin, request.vendor)
        counted = ledger.usage.counted(anthropic.AGENT, begin)
        first = ledger.usage.first_at()
        return list(compare(days, counted, config.person, _day(first) if first else ""))

    found = await daemon.recorder.query(read)
    return pb.ListUsageResponse(
        vendors=[anthropic.VENDOR] if config.token_file else [],
        person=printable(config.person),
        figures=[_message(one) for one in found],
    )


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")


def _message(one: Compared) -> pb.UsageFigure:
    return pb.UsageFigure(
        vendor=one.vendor,
        day=one.day,
        settled=one.settled,
        measure=one.measure,
        amount=one.amount,
        counted=one.counted,
        reasons=one.reasons,
    )
