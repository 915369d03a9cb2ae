"""What a process and the helper say to each other: one request, one answer, each a JSON object in one packet.

Request: {"version": 1, "devices": [st_dev, …], "connector": true}. Answer: {"version": 1, "devices": [those that a
group is for], "connector": true or false, "without_connector": why not}, and beside it the descriptors, groups first;
or {"version": 1, "error": {"reason", "message", "hint"}} and none. Both ends validate; nothing else is ever sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

VERSION = 1
SOCKET_PATH = "/run/obsd-writers/socket"
MAX_DEVICES = 16
MAX_BYTES = 4096


class BadMessage(Exception):
    """What came is no request, or no answer, of this version."""


@dataclass(frozen=True, slots=True)
class Request:
    """For which file systems (st_dev) a group is asked for, and whether a connector is."""

    devices: tuple[int, ...]
    connector: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What is handed over. Or a refusal: then `reason` says why in a stable word, and nothing is."""

    devices: tuple[int, ...] = ()
    connector: bool = False
    without_connector: str = ""
    reason: str = ""
    message: str = ""
    hint: str = ""


def encode_request(request: Request) -> bytes:
    """A request as it is sent."""
    return _dump({"version": VERSION, "devices": list(request.devices), "connector": request.connector})


def decode_request(data: bytes) -> Request:
    """What a request asks for. Raises BadMessage."""
    values = _load(data)
    devices = values.get("devices")
    if not isinstance(devices, list) or not all(type(device) is int and device >= 0 for device in devices):
        raise BadMessage("devices is no list of device numbers")
    if len(set(devices)) != len(devices) or len(devices) > MAX_DEVICES:
        raise BadMessage(f"devices names one twice, or more than {MAX_DEVICES}")
    return Request(tuple(devices), values.get("connector") is True)


def encode_answer(answer: Answer) -> bytes:
    """An answer as it is sent."""
    if answer.reason:
        error = {"reason": answer.reason, "message": answer.message, "hint": answer.hint}
        return _dump({"version": VERSION, "error": error})
    given = {"devices": list(answer.devices), "connector": answer.connector}
    return _dump({"version": VERSION, **given, "without_connector": answer.without_connector})


def decode_answer(data: bytes) -> Answer:
    """What an answer says. Raises BadMessage."""
    values = _load(data)
    error = values.get("error")
    if isinstance(error, dict):
        texts = [error.get(name) for name in ("reason", "message", "hint")]
        if not texts[0] or not all(isinstance(text, str) for text in texts):
            raise BadMessage("the error has no reason")
        return Answer(reason=texts[0], message=str(texts[1]), hint=str(texts[2]))
    devices = values.get("devices")
    if not isinstance(devices, list) or not all(type(device) is int for device in devices):
        raise BadMessage("devices is no list of device numbers")
    why = values.get("without_connector", "")
    return Answer(tuple(devices), values.get("connector") is True, why if isinstance(why, str) else "")


def _load(data: Sequence[int] | bytes) -> dict[str, object]:
    try:
        values = json.loads(bytes(data))
    except ValueError as error:
        raise BadMessage("it is no JSON") from error
    if not isinstance(values, dict) or values.get("version") != VERSION:
        raise BadMessage(f"it is not of version {VERSION}")
    return values


def _dump(values: dict[str, object]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
