"""How obsctl reports errors: one line, a hint, and for internal errors a log file.

With --json an error is one object on stderr, so that stdout has nothing but data.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from obsctl.call import SCHEMA_VERSION, to_json
from obsd import __version__
from obsd.errors import ObsdError
from obsd.host import paths
from obsd.text import printable

EXIT_INTERNAL = 70


def report(error: ObsdError, as_json: bool, exit_code: int) -> None:
    """Prints an expected error on stderr."""
    if as_json:
        fields = {
            "schema_version": SCHEMA_VERSION,
            "kind": "error",
            "reason": error.reason,
            "message": printable(error.message),
            "hint": printable(error.hint),
            "exit_code": exit_code,
        }
        print(to_json(fields), file=sys.stderr)
        return
    print(f"error: {printable(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"hint: {printable(error.hint)}", file=sys.stderr)


def crash(error: Exception, as_json: bool) -> int:
    """Writes the traceback to a file and prints its path; returns the exit code for an internal error."""
    where = _write_log(error)
    kept = f"the details are in {where}" if where else "the details could not be written to a file"
    fault = ObsdError(
        "internal", f"internal error: {type(error).__name__}: {error}", f"{kept}; please report it with that file"
    )
    report(fault, as_json, EXIT_INTERNAL)
    return EXIT_INTERNAL


def _write_log(error: Exception) -> Path | None:
    import tempfile
    import traceback

    text = f"obsctl {__version__}, Python {sys.version}\narguments: {sys.argv[1:]!r}\n\n"
    text += "".join(traceback.format_exception(error))
    name = f"obsctl-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.log"
    for folder in (paths.state_dir() / "log", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            place = folder / name
            descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return place
    return None
