"""OTLP's two forms of a message, binary and JSON: read within bounds, and answered in the form that was spoken.

Owns the names of signals, the limit on a body, inflating it, and the answers. Keeps nothing. Pure, any thread.
"""

from __future__ import annotations

import json
import zlib
from typing import Any, Final, Literal

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message

from obsd.v1 import otlp_pb2 as pb

Signal = Literal["metrics", "logs", "traces"]
SIGNALS: Final[tuple[Signal, ...]] = ("metrics", "logs", "traces")

Form = Literal["protobuf", "json"]

MAX_BODY_BYTES: Final = 8 << 20
"""Of one request, inflated; what the protocol's own collector takes over gRPC is half of it."""

GRPC_CODES: Final = {400: 3, 401: 16, 403: 7, 404: 12, 405: 12, 413: 8, 415: 3, 429: 8, 500: 13, 503: 14}

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
    """A gzip body as it was before. Raises Refused for a broken one, and for one that would be too large."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise Refused(400, "the body is no gzip") from error
    if len(plain) > MAX_BODY_BYTES:
        raise too_large()
    if not inflater.eof or inflater.unused_data:
        raise Refused(400, "the gzip body is cut short, or something follows it")
    return plain


def too_large() -> Refused:
    """The refusal of a body over the limit."""
    return Refused(413, f"a request has at most {MAX_BODY_BYTES:,} bytes")


def decode(signal: Signal, form: Form, body: bytes) -> Any:
    """The request in a body: an Export...Request of `otlp.proto`. Raises Refused."""
    message = _REQUESTS[signal]()
    try:
        if form == "protobuf":
            message.ParseFromString(body)
        else:
            json_format.Parse(body, message, ignore_unknown_fields=True)
    except (DecodeError, json_format.ParseError, ValueError, RecursionError, TypeError, AttributeError) as error:
        # The error's own text quotes the body.
        raise Refused(400, f"the body is no {signal} request ({form})") from error
    return message


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
