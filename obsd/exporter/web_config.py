"""TLS and passwords of the metrics address, by the file that Prometheus' own exporters take (`web.config.yml`).

Owns the reading of the file, which blocks, and the check of a password. What the file has and obsd does not know is an
error: nobody is to rely on a protection that is not there. bcrypt and PyYAML are needed for such a file alone.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import importlib
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from obsd.small_files import read_whole
from obsd.text import printable

MAX_BYTES: Final = 1 << 20
_MAX_COST: Final = 14
_MOST_REMEMBERED: Final = 64
_HASH: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_TLS_KEYS: Final = ("cert_file", "key_file", "client_ca_file", "client_auth_type", "min_version")
_VERSIONS: Final = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_NO_CERTIFICATE, _CERTIFICATE = "NoClientCert", "RequireAndVerifyClientCert"


class WebConfigError(ValueError):
    """The file cannot be used; the message says why."""


class WebConfig:
    """What a file asks for: `tls` or None, and who may read. Of a password that was right, a hash is remembered."""

    def __init__(self, tls: ssl.SSLContext | None = None, users: Mapping[str, bytes] | None = None) -> None:
        self.tls = tls
        self._users = dict(users or {})
        self._right: set[bytes] = set()

    @property
    def asks_for_password(self) -> bool:
        """Whether a request needs a user's name and password."""
        return bool(self._users)

    @property
    def closed(self) -> bool:
        """Whether nobody unknown can read: there are passwords, or clients need a certificate."""
        return self.asks_for_password or (self.tls is not None and self.tls.verify_mode is ssl.CERT_REQUIRED)

    async def allows(self, authorization: str) -> bool:
        """Whether an Authorization header shows a user's password. The hash takes its time in a worker thread."""
        name, password = _credentials(authorization)
        # A user who is unknown costs the same time, so that names cannot be guessed by it.
        known = self._users.get(name) or next(iter(self._users.values()))
        seen = hashlib.sha256(b"\0".join((name.encode(), known, password))).digest()
        if seen in self._right:
            return True
        right = await asyncio.to_thread(_matches, password, known) and name in self._users
        if right and len(self._right) < _MOST_REMEMBERED:
            self._right.add(seen)
        return right


def load(path: str) -> WebConfig:
    """Reads a file and those that it names. Raises WebConfigError and OSError."""
    content = read_whole(path, MAX_BYTES, follow=True)
    if content is None:
        raise WebConfigError(f"more than {MAX_BYTES} bytes")
    yaml = _module("yaml", "python3-yaml", "PyYAML")
    try:
        document = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise WebConfigError("not YAML: " + " ".join(str(error).split())) from error
    table = _table(document, "the file", ("tls_server_config", "basic_auth_users"))
    return WebConfig(_tls(table.get("tls_server_config"), Path(path).parent), _users(table.get("basic_auth_users")))


def _tls(value: object, folder: Path) -> ssl.SSLContext | None:
    if value is None:
        return None
    table = {key: _string(key, one) for key, one in _table(value, "tls_server_config", _TLS_KEYS).items()}
    if not (table.get("cert_file") and table.get("key_file")):
        raise WebConfigError("tls_server_config needs cert_file and key_file")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _choice("min_version", table.get("min_version", "TLS12"), _VERSIONS)
    wants = {_NO_CERTIFICATE: False, _CERTIFICATE: True}
    wanted = _choice("client_auth_type", table.get("client_auth_type", _NO_CERTIFICATE), wants)
    if wanted != bool(table.get("client_ca_file")):
        raise WebConfigError(f"client_ca_file goes with client_auth_type: {_CERTIFICATE}")
    try:
        context.load_cert_chain(folder / table["cert_file"], folder / table["key_file"], password="")
        if wanted:
            context.load_verify_locations(folder / table["client_ca_file"])
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise WebConfigError(f"tls_server_config: the certificate or its key cannot be used: {error}") from error
    return context


def _users(value: object) -> dict[str, bytes]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WebConfigError("basic_auth_users is a table of names to bcrypt hashes")
    users: dict[str, bytes] = {}
    for name, hashed in value.items():
        found = _HASH.fullmatch(hashed) if isinstance(hashed, str) else None
        if not isinstance(name, str) or not name or ":" in name or found is None:
            raise WebConfigError(
                f"basic_auth_users: {printable(str(name))[:40]} has no bcrypt hash (htpasswd -nB NAME)"
            )
        if int(found[1]) > _MAX_COST:
            raise WebConfigError(f"basic_auth_users: the cost of a hash is at most {_MAX_COST}")
        users[name] = hashed.encode("ascii")
    if users:
        _module("bcrypt", "python3-bcrypt", "bcrypt")
    return users


def _table(value: object, where: str, keys: tuple[str, ...]) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise WebConfigError(f"{where} is no table")
    for key in value:
        if key not in keys:
            raise WebConfigError(f"{where}: obsd does not know {printable(str(key))[:40]}; known: {', '.join(keys)}")
    return value


def _string(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise WebConfigError(f"tls_server_config.{key} is no text")
    return value


def _choice(key: str, value: str, choices: Mapping[str, Any]) -> Any:
    if value not in choices:
        raise WebConfigError(f"tls_server_config.{key} is one of {', '.join(choices)}")
    return choices[value]


def _credentials(authorization: str) -> tuple[str, bytes]:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        return name.decode("utf-8"), password
    except (binascii.Error, ValueError):
        return "", b""


def _matches(password: bytes, hashed: bytes) -> bool:
    bcrypt = _module("bcrypt", "python3-bcrypt", "bcrypt")
    # bcrypt reads 72 bytes and no NUL; later versions refuse what is longer.
    return len(password) <= 72 and b"\0" not in password and bool(bcrypt.checkpw(password, hashed))


def _module(name: str, package: str, distribution: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        text = f"the module {name} is not installed: apt install {package}, or pip install {distribution}"
        raise WebConfigError(text) from error
