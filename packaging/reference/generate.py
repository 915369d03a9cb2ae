"""Writes docs/json.md, the reference of `--json`, from the types in obsctl/schema/ and one example for each object.

`generate.py` writes it, `generate.py --check` says whether it is as it would be written.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from obsctl.schema import json_schema  # noqa: E402  (found by the line above)
from obsctl.schema.kinds import KINDS  # noqa: E402

PAGE = ROOT / "docs" / "json.md"
EXAMPLES = Path(__file__).with_name("examples.json")
HEAD = """# The objects of --json

With `--json` a verb prints one object on one line (`tail`: one a line, as facts come). `obsctl schema VERB` prints the
JSON Schema of each; this page is made from the same types. Times are RFC 3339 in UTC, lengths are in seconds, absent
values are null, and text from outside is escaped. Keys may be added; none is renamed or removed while `schema_version`
is 1. Errors are an object of kind `error`, on stderr.
"""


def page() -> str:
    """The whole reference."""
    examples: dict[str, Any] = json.loads(EXAMPLES.read_text("utf-8"))
    shared: dict[str, Any] = {}
    parts = [HEAD]
    for kind in KINDS:
        schema = json_schema.of_verb(kind)
        shared |= schema["$defs"]
        parts += [f"## {kind}\n", schema["description"] + "\n", *_table(schema), *_example(examples[kind])]
    parts.append("## Objects within objects\n")
    for name, schema in sorted(shared.items()):
        parts += [f"### {name}\n", schema["description"] + "\n", *_table(schema)]
    return "\n".join(parts)


def _table(schema: dict[str, Any]) -> list[str]:
    own = {
        name: value for name, value in schema["properties"].items() if name != "schema_version" and "const" not in value
    }
    rows = [f"| `{name}` | {_type(value)} | {value.get('description', '')} |" for name, value in own.items()]
    return ["| key | type | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"]


def _type(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in value:
        return " or ".join(_type(part) for part in value["anyOf"])
    if "enum" in value:
        return ", ".join(f"`{word}`" for word in value["enum"])
    if value.get("type") == "array":
        return f"list of {_type(value['items'])}"
    if value.get("type") == "object":
        return f"object of {_type(value['additionalProperties'])}"
    return str(value.get("type", "any"))


def _example(example: Any) -> list[str]:
    return ["```json\n" + json.dumps(example, ensure_ascii=False) + "\n```\n"]


def main() -> int:
    """Writes the page, or checks it."""
    text = page()
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text("utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
