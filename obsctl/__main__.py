"""The entry point of `obsctl`. The git hooks' reporter branches off here, before anything else is imported."""

from __future__ import annotations

import gc
import sys

_YOUNG_OBJECTS = 50_000
"""A verb makes few objects and ends: to look for garbage while modules are imported takes a tenth of its time."""


def main() -> int:
    """Runs the command in `sys.argv`; returns the exit code."""
    gc.set_threshold(_YOUNG_OBJECTS)
    if sys.argv[1:2] == ["drain-spool"]:
        from obsctl.commands import drain_spool

        return drain_spool.main(sys.argv[2:])
    from obsctl import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
