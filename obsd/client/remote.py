"""Where hooks report to that run in a container or on another machine, by `remote.toml` in their spool.

Owns that file and the connection over TLS, on which both sides show a certificate. Imports ssl and TOML: a reporter on
the daemon's own machine has no use for this module. Blocking, on the caller's thread.
"""

from __future__ import annotations

import os
import socket as sockets
import ssl
import stat
from dataclasses import dataclass, field
from pathlib import Path

import tomli

from obsd import api_socket
from obsd.errors import ConfigError, DaemonUnreachable, NotPermitted
from obsd.host.addresses import split_address
from obsd.small_files import read_whole
from obsd.text import printable

FILE_NAME = "remote.toml"
MAX_BYTES = 64 << 10
HINT = "docs/remote.md says what it has"
_TEXTS = ("socket", "address", "certificate", "key", "authority", "server_name")


@dataclass(frozen=True, slots=True)
class Remote:
    """A daemon by the path of its `socket`, which is mounted or forwarded, or by its `address` with TLS.

    `certificate` and `key` are the reporter's own, `authority` signs the daemon's, which is for `server_name`; `paths`
    are folders here, each with its path on the daemon's machine.
    """

    socket: str = ""
    address: str = ""
    certificate: str = ""
    key: str = ""
    authority: str = ""
    server_name: str = ""
    paths: dict[str, str] = field(default_factory=dict)

    def there(self, path: str) -> str:
        """A path as the daemon's machine has it, by the longest folder that is known; else as it is here."""
        known = [one for one in self.paths if path == one or path.startswith(one.rstrip("/") + "/")]
        if not known:
            return path
        longest = max(known, key=len)
        return self.paths[longest].rstrip("/") + path[len(longest.rstrip("/")) :]

    def connect(self, seconds: float) -> sockets.socket:
        """Returns a connection with that timeout. Errors: as `api_socket.open_connection`, ConfigError."""
        if self.socket:
            return api_socket.open_connection(Path(self.socket), seconds)
        host, port = split_address(self.address)
        context = _context(self)
        try:
            plain = sockets.create_connection((host, port), seconds)
        except OSError as error:
            raise _unreachable(self.address, error) from None
        try:
            return context.wrap_socket(plain, server_hostname=self.server_name or host)
        except OSError as error:
            plain.close()
            raise _unreachable(self.address, error) from None


def load(path: Path) -> Remote:
    """Reads the file. Errors: ConfigError, OSError."""
    try:
        content = (read_whole(path, MAX_BYTES, follow=True) or b"").decode("utf-8")
        table = tomli.loads(content)
    except (UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise _bad(path, f"not TOML: {error}") from error
    paths = table.pop("paths", {})
    strange = [key for key in table if key not in _TEXTS]
    if strange:
        raise _bad(path, f"unknown key {printable(strange[0])}")
    if not isinstance(paths, dict) or not all(isinstance(one, str) for one in (*table.values(), *paths.values())):
        raise _bad(path, "expected texts")
    found = Remote(**table, paths=paths)
    if bool(found.socket) == bool(found.address):
        raise _bad(path, "expected either a socket or an address")
    if found.address and not (found.certificate and found.key and found.authority):
        raise _bad(path, "an address needs certificate, key and authority")
    return found


def _context(remote: Remote) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2"])
    try:
        mode = os.stat(remote.key).st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NotPermitted("key_open", f"the key {printable(remote.key)} can be read by others", "chmod 600 it")
        context.load_verify_locations(remote.authority)
        context.load_cert_chain(remote.certificate, remote.key, password="")
    except (OSError, ValueError) as error:
        text = f"the certificate, its key or the authority cannot be used: {error}"
        raise ConfigError("certificate_unusable", text, HINT) from error
    return context


def _unreachable(address: str, error: OSError) -> DaemonUnreachable:
    what = getattr(error, "verify_message", "") or error.strerror or str(error)
    return DaemonUnreachable(
        "no_daemon", f"no daemon answers at {printable(address)}: {what}", "`[api] listen` on its machine serves there"
    )


def _bad(path: Path, what: str) -> ConfigError:
    return ConfigError("remote_invalid", f"{printable(str(path))}: {what}", HINT)
