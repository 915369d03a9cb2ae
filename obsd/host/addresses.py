"""Network addresses in settings: HOST:PORT. Pure, any thread."""

from __future__ import annotations

import ipaddress
import re


def split_address(value: str) -> tuple[str, int]:
    """Returns host (empty: every address) and port of "HOST:PORT". Raises ValueError."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.%\w]+)\]|([A-Za-z0-9._-]*)):([0-9]{1,5})", value)
    if match is None or int(match[3]) > 65535:
        raise ValueError
    if match[1] is not None:
        ipaddress.IPv6Address(match[1])
    return match[1] or match[2] or "", int(match[3])


def is_loopback(host: str) -> bool:
    """Returns whether a host of `split_address` can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
