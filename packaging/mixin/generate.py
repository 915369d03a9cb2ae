"""Writes packaging/mixin/rules/*.json from the rules for Prometheus, in the form that jsonnet imports.

`python packaging/mixin/generate.py` writes them. The YAML files are the source: jsonnet's own reader of YAML does not
know every form of text in them. Not used at run time.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "prometheus" / "rules"
FOLDER = Path(__file__).resolve().parent / "rules"


def rendered() -> dict[str, str]:
    """All files, by name."""
    yaml = importlib.import_module("yaml")
    return {
        f"{path.stem}.json": json.dumps(yaml.safe_load(path.read_text("utf-8")), indent=1, ensure_ascii=False) + "\n"
        for path in sorted(SOURCE.glob("*.yml"))
    }


def main() -> int:
    """Writes them."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
