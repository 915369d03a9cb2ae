"""ActivityService: recorded sessions, commits, violations and rules, and live facts.

Reads through the recorder only. On the event loop; rows are read on the ledger's thread and converted to messages on
another worker thread, so that a long list delays nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from google.protobuf.struct_pb2 import Struct

from obsd import rpc_encoding
from obsd.api import convert
from obsd.api.daemon_protocol import DaemonPort
from obsd.api.field_limits import check_text
from obsd.api.likelihoods import Likelihoods
from obsd.api.workspaces import resolve
from obsd.errors import InvalidRequest
from obsd.rules.registry import RULES
from obsd.rules.rule import Limit, is_on
from obsd.text import printable
from obsd.v1 import activity_pb2 as pb
from obsd.v1 import activity_pb2_grpc
from obsd.views.subscriptions import Subscription

if TYPE_CHECKING:
    from obsd.ledger import ViolationRow

MAX_AGENT_CHARACTERS = 100


class ActivityService(activity_pb2_grpc.ActivityServiceServicer):
    """Serves one daemon."""

    def __init__(self, daemon: DaemonPort) -> None:
        self._daemon = daemon
        self._open: set[Subscription] = set()
        self._likelihoods = Likelihoods(daemon.recorder, time.monotonic)

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> pb.ListSessionsResponse:  # noqa: N802
        """Returns sessions, newest first."""
        name = await self._name(request.workspace)
        check_text("author", request.author, MAX_AGENT_CHARACTERS)
        since, until, author = _time(request, "since"), _time(request, "until"), request.author
        rows = await self._daemon.recorder.query(
            lambda ledger: ledger.sessions(workspace=name, limit=request.limit, since=since, until=until, author=author)
        )
        every = await self._daemon.recorder.query(lambda ledger: ledger.history.sessions(name, 0, since))
        past = [
            (where, one)
            for where, one in every
            if author in ("", one.agent) and (until is None or one.first_at < until)
        ][: request.limit or None]
        return await asyncio.to_thread(convert.sessions, rows, await self._likelihoods.of(rows), past)

    async def ListCommits(self, request: pb.ListCommitsRequest, context: Any) -> pb.ListCommitsResponse:  # noqa: N802
        """Returns commits, newest first, and those from before."""
        name = await self._name(request.workspace)
        check_text("agent", request.agent, MAX_AGENT_CHARACTERS)
        since, until = _time(request, "since"), _time(request, "until")
        rows = await self._daemon.recorder.query(
            lambda ledger: ledger.commits(name, request.limit, request.agent, since, until)
        )
        every = await self._daemon.recorder.query(lambda ledger: ledger.history.commits(name, 0, request.agent, since))
        past = [one for one in every if until is None or one.committed_at < until][: request.limit or None]
        return await asyncio.to_thread(convert.commits, rows, past)

    async def ListViolations(  # noqa: N802
        self, request: pb.ListViolationsRequest, context: Any
    ) -> pb.ListViolationsResponse:
        """Returns violations of workflow rules, newest first."""
        name = await self._name(request.workspace)
        _check_rule(request.rule)
        since, until = _time(request, "since"), _time(request, "until")
        rows = await self._daemon.recorder.query(
            lambda ledger: ledger.violations(name, request.limit, request.rule, since, until)
        )
        return await asyncio.to_thread(convert.violations, rows)

    async def ListRules(self, request: pb.ListRulesRequest, context: Any) -> pb.ListRulesResponse:  # noqa: N802
        """Returns the present state of every rule in every workspace."""
        name = await self._name(request.workspace)
        rows = await self._daemon.recorder.query(lambda ledger: ledger.violations(workspace=name))
        last = {(row.workspace, row.rule): row for row in reversed(rows)}
        workspaces = [name] if name else [workspace.name for workspace in self._daemon.registry.list()]
        return pb.ListRulesResponse(rules=[one for each in workspaces for one in self._rules(each, last)])

    def _rules(self, workspace: str, last: Mapping[tuple[str, str], ViolationRow]) -> Iterator[pb.Rule]:
        config, broken = self._daemon.config.rules_for(workspace), self._daemon.views.metrics.rule_broken
        for rule in RULES:
            limit: Limit = getattr(config, rule.name)
            state = "broken" if broken(workspace, rule.name) else "kept"
            row = last.get((workspace, rule.name))
            yield convert.rule(workspace, rule, limit, state if is_on(limit) else "off", row)

    async def Watch(self, request: pb.WatchRequest, context: Any) -> AsyncIterator[pb.Event]:  # noqa: N802
        """Streams facts from now on. The initial metadata is sent when the subscription exists."""
        name, kinds = await self._name(request.workspace), _known_kinds(request.kinds)
        subscription = self._daemon.recorder.subscribe(workspace=name, kinds=kinds)
        self._open.add(subscription)
        reported = 0
        try:
            await context.send_initial_metadata(())
            async for fact in subscription:
                # Facts are dropped only while others wait, so there is always a next one to report them before.
                missed, reported = subscription.dropped - reported, subscription.dropped
                if missed:
                    yield _dropped(missed, name)
                yield convert.event(fact)
        finally:
            # Also when the client disconnects: gRPC then cancels this call.
            self._open.discard(subscription)
            subscription.close()

    def end_streams(self) -> None:
        """Ends every stream after the facts that it has queued."""
        for subscription in tuple(self._open):
            subscription.close()

    async def _name(self, name_or_path: str) -> str:
        return (await resolve(self._daemon, name_or_path)).name if name_or_path else ""


def _time(request: Any, name: str) -> float | None:
    return rpc_encoding.unix_seconds(getattr(request, name)) if request.HasField(name) else None


def _check_rule(name: str) -> None:
    check_text("rule", name, MAX_AGENT_CHARACTERS)
    known = [rule.name for rule in RULES]
    if name and name not in known:
        raise InvalidRequest("unknown_rule", f"no rule is named {printable(name)}", f"rules: {', '.join(known)}")


def _known_kinds(kinds: Any) -> frozenset[str]:
    if not kinds:
        return convert.NEWS
    for kind in kinds:
        check_text("kinds", kind, 100)
        if kind not in convert.KINDS:
            raise InvalidRequest(
                "unknown_kind", f"no fact is of the kind {kind}", f"kinds: {', '.join(sorted(convert.KINDS))}"
            )
    return frozenset(kinds)


def _dropped(count: int, workspace: str) -> pb.Event:
    event = pb.Event(workspace=workspace, kind="Dropped", fields=Struct(fields={"count": convert.value(count)}))
    event.at.GetCurrentTime()
    return event
