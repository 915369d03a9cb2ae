"""Who may see the page: a one-time token from the command line becomes a cookie that the daemon knows as its own.

Owns tokens and cookies. Both belong to one user of the machine: they are of no use on a connection of another, who may
have seen them (a token in the list of processes, a cookie that the browser sent to another port). A cookie is signed,
so that it holds over restarts; nothing is kept of it. Pure, but for random numbers.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

TOKEN_SECONDS: Final = 60.0
COOKIE_SECONDS: Final = 30 * 86_400
MAX_TOKENS: Final = 32
SECRET_BYTES: Final = 32
_ROOT: Final = 0
"""May read everything anyway; some relays of ports run as root."""


class Keys:
    """Tokens and cookies of one daemon; `secret` signs the cookies. Times are Unix seconds, users are uids."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._tokens: dict[bytes, tuple[int, float]] = {}

    def issue(self, user: int, now: float) -> str:
        """Returns a token for a user, good for one use within `TOKEN_SECONDS`; the oldest of many is dropped."""
        token = secrets.token_urlsafe(SECRET_BYTES)
        self._tokens[_digest(token)] = (user, now + TOKEN_SECONDS)
        while len(self._tokens) > MAX_TOKENS:
            del self._tokens[next(iter(self._tokens))]
        return token

    def redeem(self, token: str, user: int | None, now: float) -> str | None:
        """Returns the cookie for a token that `user` (None: not known) shows; None where it is not valid."""
        shown = _digest(token)
        found = [known for known in self._tokens if hmac.compare_digest(known, shown)]
        if not found:
            return None
        owner, until = self._tokens[found[0]]
        if now > until:
            del self._tokens[found[0]]
            return None
        if user not in (owner, _ROOT):
            return None
        del self._tokens[found[0]]
        return self._cookie(owner, int(now) + COOKIE_SECONDS, secrets.token_hex(8))

    def opens(self, cookie: str, user: int | None, now: float) -> bool:
        """Whether a cookie is one of this daemon's that holds now, shown by its owner."""
        parts = cookie.split(".")
        if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) < 20 for part in parts[:2]):
            return False
        owner, until = int(parts[0]), int(parts[1])
        same = hmac.compare_digest(self._cookie(owner, until, parts[2]).encode(), cookie.encode("utf-8", "replace"))
        return same and now <= until and user in (owner, _ROOT)

    def _cookie(self, owner: int, until: int, nonce: str) -> str:
        text = f"{owner}.{until}.{nonce}"
        return f"{text}.{hmac.new(self._secret, text.encode('utf-8', 'replace'), hashlib.sha256).hexdigest()}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
