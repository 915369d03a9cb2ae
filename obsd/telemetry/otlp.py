"""OTLP's two forms of a message, binary and JSON: read within bounds, and answered in the form that was spoken.

Owns the names of signals, the limit on a body, inflating it, and the answers. Keeps nothing. Pure, any thread.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final, Literal

from google.protobuf.message import DecodeError, Message

from obsd.telemetry import otlp_json
from obsd.telemetry.otlp_repair import repaired
from obsd.v1 import otlp_pb2 as pb

Signal = Literal["metrics", "logs", "traces"]
SIGNALS: Final[tuple[Signal, ...]] = ("metrics", "logs", "traces")

Form = Literal["protobuf", "json"]

MAX_BODY_BYTES: Final = 8 << 20
"""Of one request, inflated; what the protocol's own collector takes over gRPC is half of it."""

GRPC_CODES: Final = {400: 3, 401: 16, 403: 7, 404: 12, 405: 12, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14, 508: 9}

_REQUESTS: Final[dict[str, type[Message]]] = {
    "metrics": pb.ExportMetricsRequest,
    "logs": pb.ExportLogsRequest,
    "traces": pb.ExportTraceRequest,
}
_REJECTED: Final = {"metrics": "rejectedDataPoints", "logs": "rejectedLogRecords", "traces": "rejectedSpans"}


class Refused(Exception):
    """A request that is no use to send again; `code` is that of HTTP."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


def inflate(body: bytes) -> bytes:
    """A gzip or deflate body as it was before. Raises Refused for a broken one, and for one that would be too large."""
    # 32 more than the largest window: the header tells which of the two it is.
    inflater = zlib.decompressobj(wbits=47)
    try:
        plain = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise Refused(400, "the body is not compressed as it says") from error
    if len(plain) > MAX_BODY_BYTES:
        raise Refused(413, f"a request has at most {MAX_BODY_BYTES:,} bytes")
    if not inflater.eof or inflater.unused_data:
        raise Refused(400, "the compressed body is cut short, or something follows it")
    return plain


def is_compressed(body: bytes) -> bool:
    """Whether a gRPC message is still compressed, by gzip or deflate: it does not say.

    No request begins so: gzip's would be a field of a wire type that there is not, and zlib's field 15.
    """
    zlib_header = len(body) > 1 and body[0] == 0x78 and int.from_bytes(body[:2], "big") % 31 == 0
    return body.startswith(b"\x1f\x8b") or zlib_header


def decode(signal: Signal, form: Form, body: bytes) -> Any:
    """The request in a body: an Export...Request of `otlp.proto`. Raises Refused."""
    message = _REQUESTS[signal]()
    try:
        if form == "protobuf":
            _parse(body, message)
        else:
            otlp_json.parse(body, message)
    except (DecodeError, ValueError, RecursionError) as error:
        # The error's own text quotes the body.
        raise Refused(400, f"the body is no {signal} request ({form})") from error
    return message


def _parse(body: bytes, message: Message) -> None:
    try:
        message.ParseFromString(body)
    except DecodeError:
        # Text that is no UTF-8 is an error to protobuf, and may be half an emoji that somebody cut.
        message.ParseFromString(repaired(body, message))


def answer(signal: Signal, form: Form, rejected: int = 0, why: str = "") -> bytes:
    """The body that says yes, with what was not taken."""
    if form == "json":
        partial = {"partialSuccess": {_REJECTED[signal]: str(rejected), "errorMessage": why}}
        return json.dumps(partial if rejected or why else {}).encode()
    response = pb.ExportResponse()
    if rejected or why:
        response.partial_success.rejected = rejected
        response.partial_success.error_message = why
    return response.SerializeToString()


def refusal(form: Form, code: int, text: str) -> bytes:
    """The body that says no, with HTTP's code."""
    if form == "json":
        return json.dumps({"code": GRPC_CODES.get(code, 2), "message": text}).encode()
    return pb.Status(code=GRPC_CODES.get(code, 2), message=text).SerializeToString()
