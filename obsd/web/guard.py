"""Which requests may be answered at all, by their heads: those of a page of this address, or of nobody's page.

Owns the rules on Host, Origin and Sec-Fetch-Site. A name that somebody else lets point to this machine (DNS rebinding)
is no address of it; a page of another origin may ask for nothing, not even where the browser would send the cookie
along. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from obsd.http.messages import BadRequest, Request

_HOST: Final = re.compile(r"(?:\[([0-9a-f:.]+)\]|([0-9a-z.]+))(?::([0-9]{1,5}))?", re.IGNORECASE)
_OWN_SITES: Final = frozenset({"", "none", "same-origin"})
"""Sec-Fetch-Site of what the user began, or this page; empty: the browser does not send it. A page on another port of
this machine is `same-site`."""


def check(request: Request) -> None:
    """Raises BadRequest: 421 for a host that is not this machine, 403 for what another page began, 405."""
    host = request.headers.get("host", "")
    if not request.target.startswith("/") or not is_this_machine(host):
        raise BadRequest(421, "the Host header names no loopback address")
    origin = request.headers.get("origin", "")
    if origin and origin.lower() != f"http://{host.lower()}":
        raise BadRequest(403, "another page asks")
    if request.headers.get("sec-fetch-site", "").lower() not in _OWN_SITES:
        raise BadRequest(403, "another page asks: type the address, or run `obsctl open`")
    if request.method not in ("GET", "HEAD"):
        raise BadRequest(405, "only GET and HEAD: nothing can be changed here")


def is_this_machine(host: str) -> bool:
    """Whether a Host header is `localhost` or an address of the loopback interface, with any port.

    Not with one port alone: a tunnel from another machine brings its own.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    if match[2] and match[2].lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(match[1] or match[2]).is_loopback
    except ValueError:
        return False
