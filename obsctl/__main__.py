"""The entry point of `obsctl`. The git hooks' reporter branches off here, before anything else is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command in `sys.argv`; returns the exit code."""
    if sys.argv[1:2] == ["drain-spool"]:
        from obsctl.commands import drain_spool

        return drain_spool.main(sys.argv[2:])
    from obsctl import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
