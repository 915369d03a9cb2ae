"""`obsctl open`: opens the page in the user's browser, by an address that is good for one use."""

from __future__ import annotations

import os
import shutil
import subprocess
from argparse import ArgumentParser

from obsctl.call import Call
from obsd.text import printable

_BROWSERS = ("xdg-open", "sensible-browser", "open", "wslview")


def configure(parser: ArgumentParser) -> None:
    """--print."""
    parser.add_argument("--print", action="store_true", dest="only_print", help="print the address and open nothing")


def run(call: Call) -> int:
    """Opens the page; where there is no browser, prints its address."""
    with call.client() as client:
        answer = client.open_page(_user())
    if call.json:
        call.document("open", url=answer.url, expires_seconds=answer.expires_seconds)
        return 0
    opened = not call.args.only_print and _open(answer.url)
    if opened:
        call.note("the page is opened in the browser")
    else:
        call.say(printable(answer.url))
        call.note(f"good for one use within {answer.expires_seconds} s, by this user's browser on this machine")
    return 0


def _user() -> int:
    """The uid of the user at the terminal, also under sudo."""
    behind = os.environ.get("SUDO_UID", "")
    return int(behind) if os.getuid() == 0 and behind.isascii() and behind.isdigit() else os.getuid()


def _open(url: str) -> bool:
    """Has the desktop open an address; whether that worked."""
    on_desktop = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("WSL_DISTRO_NAME")
    program = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if not on_desktop or program is None:
        return False
    done = subprocess.run(
        [program, url], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0
