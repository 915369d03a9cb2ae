"""The words that docs/glossary.md replaced are in no code, message or page; only the changelog may have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

REPLACED = (
    # Modules and classes that have other names now.
    "ActivityView",
    "adherence",
    "conduct",
    "CountOnce",
    "facts_as_logs",
    "GitSide",
    "GitView",
    "GitWatch",
    "hearing",
    "Judgement",
    "looker",
    "metrics_counting",
    "metrics_telemetry",
    "metrics_view",
    "pulse",
    "PulseView",
    "status_line",
    "tally",
    "unsettled",
    "upkeep",
    "watcher_facts",
    "watcher_link",
    "witness",
    # What data does not do.
    "foretell",
    "foretold",
    "heard",
    "hears",
    "told",
    # Phrases that say the thing in another way.
    "are to be",
    "count-once",
    "goes on in a minute",
    "held against",
    "is started again",
    "is to be",
    "laid beside",
    "looked at again",
    "looked through",
    "nobody knows how",
    "out of the usual",
    "the common rule",
    "the way back",
    "as it stands",
    "docs/plan.md",
)
CASED = frozenset({"PulseView", "Judgement"})
"""Names of classes: the same word in lower case is plain English."""


def texts() -> Iterator[Path]:
    """Every file whose words are searched."""
    for folder in ("obsd", "obsctl", "docs"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".sh", ".md", ".sql") and "_pb2" not in path.name:
                yield path
    yield ROOT / "README.md"
    yield ROOT / "CONTRIBUTING.md"


TEXTS = {
    path.relative_to(ROOT): " ".join(path.read_text("utf-8").replace("last_heard_at", "").split()) for path in texts()
}
"""With one blank for each break, so that a phrase is found across lines; a JSON key stays what it is."""


@pytest.mark.parametrize("word", REPLACED)
def test_a_replaced_word_is_nowhere(word: str) -> None:
    flags = 0 if word in CASED else re.IGNORECASE
    pattern = re.compile(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])", flags)
    assert [str(path) for path, text in TEXTS.items() if pattern.search(text)] == []


def test_every_page_is_searched() -> None:
    assert {Path("docs/glossary.md"), Path("README.md"), Path("obsctl/verbs.py")} <= TEXTS.keys()


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text("utf-8")):
        assert (page.parent / target).is_file(), target
