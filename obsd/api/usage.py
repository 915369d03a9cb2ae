"""Vendors' days for AgentService: read from the ledger, compared, as a message. On the event loop."""

from __future__ import annotations

import time

from obsd import rpc_encoding
from obsd.api.daemon_protocol import DaemonPort
from obsd.errors import InvalidRequest
from obsd.text import printable
from obsd.usage import compared_days
from obsd.usage.comparison import Compared, ComparedCommit
from obsd.usage.vendors import VENDORS, configured
from obsd.v1 import agents_pb2 as pb

USUAL_SECONDS = 7 * 86_400.0
MAX_VENDOR_CHARACTERS = 40
MAX_SCOPE_CHARACTERS = 40
SCOPES = ("person", "total", "team", "repository")
"""Of what figures can be asked for."""
MAX_COMMITS = 1000
"""Of an answer, the newest."""


async def answer(daemon: DaemonPort, request: pb.ListUsageRequest) -> pb.ListUsageResponse:
    """The compared days since a time, a week by default."""
    since = rpc_encoding.unix_seconds(request.since) if request.HasField("since") else time.time() - USUAL_SECONDS
    config = daemon.config.usage
    scope = request.scope or "person"
    if scope not in SCOPES:
        raise InvalidRequest(
            "bad_scope", f"there are no figures of a {printable(scope)}", f"one of {', '.join(SCOPES)}"
        )
    people = {vendor.name: vendor.config(config).person for vendor in VENDORS}
    found = await daemon.recorder.query(lambda ledger: compared_days.read(ledger, config, since, request.vendor, scope))
    vendors = [vendor.name for vendor in configured(config)]
    persons = {people[name] for name in vendors}
    return pb.ListUsageResponse(
        vendors=vendors,
        person=printable(persons.pop()) if len(persons) == 1 else "",
        figures=[_message(one) for one in found.figures],
        commits=[_commit(one) for one in found.commits[-MAX_COMMITS:]],
        people=[pb.UsagePerson(vendor=name, person=printable(people[name])) for name in vendors],
    )


def _message(one: Compared) -> pb.UsageFigure:
    return pb.UsageFigure(
        vendor=one.vendor,
        day=one.day,
        settled=one.settled,
        measure=one.measure,
        amount=one.amount,
        counted=one.counted,
        reasons=one.reasons,
        subject=one.subject,
    )


def _commit(one: ComparedCommit) -> pb.UsageCommit:
    return pb.UsageCommit(
        vendor=one.vendor,
        commit_id=one.commit_id,
        day=one.day,
        workspace=one.workspace,
        amount=one.amount,
        counted=one.counted,
        unknown=one.unknown,
        reasons=one.reasons,
    )
