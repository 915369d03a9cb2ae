"""`obsctl schema VERB`: the JSON Schema of what a verb prints with --json."""

from __future__ import annotations

import json
from argparse import ArgumentParser

from obsctl.call import Call
from obsctl.schema.kinds import KINDS


def configure(parser: ArgumentParser) -> None:
    """The verb."""
    parser.add_argument("kind", metavar="VERB", choices=sorted(KINDS), help=f"one of {', '.join(sorted(KINDS))}")


def run(call: Call) -> int:
    """Prints the schema; it is JSON with and without --json."""
    from obsctl.schema import json_schema

    call.say(json.dumps(json_schema.of_verb(call.args.kind), indent=2))
    return 0
