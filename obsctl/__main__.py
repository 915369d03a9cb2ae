"""The entry of `obsctl`. The git hooks' reporter goes its own way here, before anything is imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs the command that `sys.argv` names; the exit code."""
    if sys.argv[1:2] == ["drain-spool"]:
        from obsctl.commands import drain_spool

        return drain_spool.main(sys.argv[2:])
    from obsctl import cli

    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
