"""The formats of a scrape: which is chosen, and what prometheus_client's own parser reads in each."""

from __future__ import annotations

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from obsd.authorship.facts import ChangeAttributed
from obsd.exporter.formats import TEXT, exposition_of, prefers_open_metrics
from obsd.facts import WorkspaceRemoved
from obsd.views import Views
from tests.unit.recording import T0, added, changed, commit, fold, folded

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def story() -> Views:
    views = folded([added()])
    fold(views, changed("a.py", "created", (3, 0)), commit(1))
    fold(views, ChangeAttributed(T0 + 1, "w", 1, "a.py", "claude-code", "record", session="s-1\n" + "x" * 200))
    return views


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (PROMETHEUS, True),
        ("application/openmetrics-text", True),
        ("", False),
        ("*/*", False),
        ("text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=nonsense", False),
        ("application/openmetrics-text;q=\u0663", False),
        (";;,,;q=", False),
    ],
)
def test_open_metrics_is_spoken_to_those_who_ask_for_it(accept: str, wanted: bool) -> None:
    assert prefers_open_metrics(accept) == wanted


def test_both_formats_have_the_same_numbers() -> None:
    exposition = exposition_of(story().metrics.collector)
    text, kind = exposition("")
    assert kind == TEXT
    plain = {
        (one.name, *sorted(one.labels.items()))
        for f in text_string_to_metric_families(text.decode())
        for one in f.samples
    }
    modern, kind = exposition(PROMETHEUS)
    assert kind.startswith("application/openmetrics-text; version=")
    families = open_metrics_families(modern)
    assert {(one.name, *sorted(one.labels.items())) for family in families for one in family.samples} == plain
    assert {"process_resident_memory_bytes", "process_open_fds", "python_info"} <= {name for name, *_ in plain}


def test_the_process_is_in_no_push_and_no_text_file() -> None:
    views = story()
    assert b"process_" not in views.metrics.exposition()
    assert not [
        family for family in views.metrics.registry.collect() if family.name.startswith(("process_", "python_"))
    ]


def open_metrics_families(text: bytes) -> list[Metric]:
    return list(open_metrics.text_string_to_metric_families(text.decode()))  # type: ignore[no-untyped-call]


def exemplars(views: Views) -> list[tuple[str, dict[str, str], float, float]]:
    """Each series with an exemplar: its name, the exemplar's labels, value and time."""
    text, _ = exposition_of(views.metrics.collector)("application/openmetrics-text")
    return [
        (one.name, one.exemplar.labels, one.exemplar.value, float(one.exemplar.timestamp or 0))
        for family in open_metrics_families(text)
        for one in family.samples
        if one.exemplar
    ]


def test_the_last_session_is_the_exemplar_of_its_agents_changes() -> None:
    views = story()
    [(name, labels, value, at)] = exemplars(views)
    assert (name, value, at) == ("obsd_agent_changes_total", 1.0, T0 + 1)
    assert labels == {"session": "s-1\\n" + "x" * 95}
    fold(views, ChangeAttributed(T0 + 2, "w", 2, "b.py", "claude-code", "record", session="s-2"))
    fold(views, ChangeAttributed(T0 + 3, "w", 3, "c.py", "claude-code", "record"))
    assert [one[1]["session"] for one in exemplars(views)] == ["s-2"]
    fold(views, WorkspaceRemoved(T0 + 4, "w"))
    assert exemplars(views) == []
