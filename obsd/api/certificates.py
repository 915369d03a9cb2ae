"""The files of mutual TLS: obsd's certificate and key, and the authority of those who may report.

Owns reading and checking them, so that what is wrong is said before gRPC fails without a reason. Blocking.
"""

from __future__ import annotations

import errno
import os
import ssl
import stat
from dataclasses import dataclass
from typing import Final

from obsd.config import ApiConfig
from obsd.small_files import read_whole

MAX_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Certificates:
    """The content of the three files, in PEM."""

    certificate: bytes
    key: bytes
    client_authority: bytes


def load(config: ApiConfig) -> Certificates:
    """Reads the files. Raises OSError, whose text names what is wrong with which."""
    _require_private(config.key)
    found = Certificates(_read(config.certificate), _read(config.key), _read(config.client_authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(config.certificate, config.key, password="")
    except (ssl.SSLError, ValueError) as error:
        raise _bad(
            f"api.certificate and api.key are not a certificate and its key without a password: {error}"
        ) from error
    try:
        context.load_verify_locations(config.client_authority)
    except (ssl.SSLError, ValueError) as error:
        raise _bad(f"api.client_authority has no certificates: {error}") from error
    return found


def stamps(config: ApiConfig) -> tuple[tuple[int, int] | None, ...]:
    """What changes when one of the files is replaced or written."""
    return tuple(_stamp(path) for path in (config.certificate, config.key, config.client_authority))


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _require_private(path: str) -> None:
    found = os.stat(path)
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _bad(f"the key {path} has mode {stat.S_IMODE(found.st_mode):04o}, so that others can use it: chmod 600")
    if found.st_uid not in (0, os.geteuid()):
        raise _bad(f"the key {path} belongs to user {found.st_uid}")


def _read(path: str) -> bytes:
    content = read_whole(path, MAX_BYTES, follow=True)
    if content is None:
        raise _bad(f"{path} has more than {MAX_BYTES} bytes")
    return content


def _bad(text: str) -> OSError:
    return OSError(errno.EINVAL, text)
