"""Errors of servicers become gRPC statuses here, and nowhere else.

An `ObsdError` becomes its status, its message, and metadata with reason and hint, and one log line. Anything else is
INTERNAL with the reason `internal`, logged once with its traceback, and the daemon goes on. On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from obsd import rpc_encoding
from obsd.errors import InvalidRequest, ObsdError

log = logging.getLogger(__name__)

Handler = Any
"""grpc's RpcMethodHandler, which has no public type."""


class ErrorMapper(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # it is no generic at run time
    """Wraps every rpc of obsd's own; one that takes a stream (OTLP's) answers for itself."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler:
        """The handler that gRPC found, with its errors mapped; None (unknown method) stays None."""
        handler = await continuation(handler_call_details)
        if handler is None or handler.request_streaming:
            return handler
        name = str(handler_call_details.method)
        wrap, make = (
            (_stream, grpc.unary_stream_rpc_method_handler)
            if handler.response_streaming
            else (_unary, grpc.unary_unary_rpc_method_handler)
        )
        inner = handler.unary_stream if handler.response_streaming else handler.unary_unary
        return make(
            wrap(inner, name),
            request_deserializer=_decoder(handler.request_deserializer),
            response_serializer=handler.response_serializer,
        )


class _Undecodable:
    """Stands for a request that is no message of its kind."""


def _decoder(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """`decode`, with a value for what it raises: gRPC would answer UNKNOWN and log a traceback for any garbage."""

    def decoded(raw: bytes) -> Any:
        try:
            return decode(raw)
        except DecodeError:
            return _Undecodable()

    return decoded


def _checked(request: Any) -> Any:
    if isinstance(request, _Undecodable):
        raise InvalidRequest("bad_request", "the request cannot be decoded", "use obsctl, or proto/obsd/v1")
    return request


def _unary(inner: Callable[..., Awaitable[Any]], name: str) -> Callable[..., Awaitable[Any]]:
    async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
        try:
            return await inner(_checked(request), context)
        except Exception as error:  # noqa: BLE001 - each is mapped, logged and reported
            await _abort(context, error, name)

    return call


def _stream(inner: Callable[..., AsyncIterator[Any]], name: str) -> Callable[..., AsyncIterator[Any]]:
    async def call(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> AsyncIterator[Any]:
        try:
            async for message in inner(_checked(request), context):
                yield message
        except Exception as error:  # noqa: BLE001 - each is mapped, logged and reported
            await _abort(context, error, name)

    return call


async def _abort(context: grpc.aio.ServicerContext[Any, Any], error: Exception, name: str) -> None:
    if isinstance(error, (grpc.aio.AbortError, grpc.aio.UsageError)) or context.cancelled():
        raise error
    expected = error if isinstance(error, ObsdError) else _internal(error, name)
    if expected is error:
        log.info("%s refused: %s (%s)", name, rpc_encoding.bounded(expected.message), expected.reason)
    status = grpc.StatusCode[expected.status]
    await context.abort(status, rpc_encoding.bounded(expected.message), rpc_encoding.error_metadata(expected))


def _internal(error: Exception, name: str) -> ObsdError:
    log.error("%s failed: %s", name, rpc_encoding.bounded(repr(error)), exc_info=error)
    if isinstance(error, asyncio.TimeoutError):
        return ObsdError("internal", "something inside the daemon took too long", "its log has the details")
    return ObsdError("internal", f"internal error in the daemon ({type(error).__name__})", "its log has the details")
