"""The forms of a report: nothing of a hostile name becomes markup, nothing is left out, and empty ones help."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from obsctl import (
    author_words,
    report_by_author,
    report_document,
    report_html,
    report_html_record,
    report_markdown,
    report_text,
)
from obsd import plots
from obsd.v1 import activity_pb2
from tests.unit import reports


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href", "onload", "onerror")]


def test_the_page_needs_nothing_and_runs_nothing() -> None:
    page = Tags(report_html.document(reports.busy()))
    assert page.sources == []
    assert not {"script", "link", "img", "iframe", "object"} & set(page.tags)
    assert page.tags.count("svg") == 8


def test_every_plot_is_sound_xml() -> None:
    page = report_html.document(reports.busy())
    plots = [ElementTree.fromstring("<svg" + part.split("</svg>")[0] + "</svg>") for part in page.split("<svg")[1:]]
    assert plots


def test_the_page_lists_sessions_and_commits_and_names_no_person() -> None:
    page = report_html.document(reports.busy(), reports.record())
    assert "<td>949</td>" in page
    assert '<td class="any">claude-code 75%, person 25%</td>' in page
    assert '<td class="any">claude-code 12</td>' in page
    assert "The newest 50 of 212." in page
    assert "<script>" not in page
    assert "ada@example.org" not in page


def test_authors_over_time_are_summed_by_the_slots_of_the_report() -> None:
    day = reports.record().day
    assert day is not None
    found = report_html_record.authors_over_time(reports.busy(), day)
    assert found.kinds == {"claude-code": "agent0", "codex": "agent1", "person": "person", "unknown": "unknown"}
    assert found.columns[1] == [18, 2, 8, 2]
    assert found.columns[30] == [0, 0, 0, 0]
    alone = reports.busy()
    alone.agent = "codex"
    assert list(report_html_record.authors_over_time(alone, day).kinds) == ["codex"]


def test_equal_file_names_are_told_apart() -> None:
    report = reports.busy()
    del report.files[:]
    for workspace, path in (("obsd", "src/app.py"), ("website", "src/app.py"), ("obsd", "src/main.py")):
        report.files.add(workspace=workspace, path=path, changes=3)
    names = ["obsd: src/app.py", "website: src/app.py", "src/main.py"]
    assert report_html_record.file_names(report.files) == names
    deep = "/one/very/deep/folder/of/many/files/that/ends/alike/app.py"
    drawn = plots.bars("files", [("alpha" + deep, 3, ""), ("omega" + deep, 2, "")], "main")
    assert ">alpha/one/very/deep/f…" in drawn
    assert ">omega/one/very/deep/f…" in drawn


def test_commits_are_summed_by_name_and_what_is_not_classified_is_nobodys() -> None:
    commits = [activity_pb2.Commit(author=name, lines_added=10, classified=True) for name in ("Ada", "Ada", "Bo")]
    commits[0].origins.add(agent="claude-code", lines=10)
    commits[1].origins.add(agent="person", lines=7)
    commits[1].origins.add(agent="before", lines=3)
    commits[2].origins.add(agent="codex", lines=10)
    commits.append(activity_pb2.Commit(author="Bo", lines_added=30))
    commits.append(activity_pb2.Commit(author="Cy", classified=True))
    found = report_by_author.sums(commits)
    assert [row[:4] for row in report_by_author.rows(found)] == [
        ("Bo", "2", "40", "25% to 100%"),
        ("Ada", "2", "20", "50%"),
        ("Cy", "1", "0", "-"),
    ]
    assert report_by_author.document(found)[1] == {
        "name": "Ada",
        "commits": 2,
        "lines": 20,
        "share": {"floor": 0.5, "ceiling": 0.5},
        "origins": {"before": 3, "claude-code": 10, "person": 7},
    }


def test_the_cost_is_unknown_unless_declared() -> None:
    report = reports.busy()
    assert "<b>unknown</b><span>cost, as agents declared</span>" in report_html.document(report)
    report.figures.cost_usd, report.figures.tokens = 12.5, 4200
    assert "<b>$12.50</b><span>cost, as agents declared, 4,200 tokens</span>" in report_html.document(report)


def test_names_are_no_markup_in_markdown() -> None:
    text = report_markdown.document(reports.busy())
    [row] = [line for line in text.splitlines() if "alert" in line]
    assert row.startswith("| ``src/<script>alert(1)</script>\\|`x`\\n@ada.py`` | obsd |")
    assert report_markdown.escaped("[x](http://y) @ada *b*") == "\\[x\\](http:\u200b//y) @\u200bada \\*b\\*"
    widths = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert widths == {8, 6, 5}


def test_the_document_has_every_field_of_the_api() -> None:
    document = json.loads(json.dumps(report_document.document(reports.busy())))
    assert {field.name for field in reports.busy().DESCRIPTOR.fields} == set(document)
    assert document["agents"][0]["evidence"] == {"environment": 120}
    first, _, last = document["shares"]
    assert (first["agent"], first["floor"], first["ceiling"], first["evidence"]) == (
        *("claude-code", 0.6667, 0.8),
        {"writer": 2000},
    )
    assert (last["agent"], last["floor"], last["ceiling"], last["all_lines_added"]) == ("unknown", None, None, 90_000)
    assert document["slots"][0]["at"] == "2027-01-15T08:00:00.000Z"
    assert document["changes"]["renamed"] == 20
    assert report_document.document(reports.empty())["first_record"] is None


def test_history_is_told_apart_in_every_form() -> None:
    told = "codex 3 commits (+40 -2), 9 edits in 1 session"
    assert report_document.history(reports.busy()) == told
    assert told in report_markdown.document(reports.busy())
    assert told in report_html.document(reports.busy())
    past = reports.empty()
    assert report_document.is_empty(past)
    past.history.add(agent="codex", commits=1)
    assert not report_document.is_empty(past)


def test_agents_and_people_are_beside_each_other_in_every_form() -> None:
    report = reports.busy()
    assert report_document.written_rows(report) == [
        ("claude-code", "67% to 80%", "2,000", "+60,000 -30,000", "600", "1,200", "writer 2,000"),
        ("person", "20% to 33%", "600", "+18,000 -9,000", "180", "360", "writer 600"),
        ("unknown", "13%", "400", "+12,000 -6,000", "120", "240", ""),
    ]
    assert "| person | 20% to 33% | 600 | +18,000 -9,000 | 180 | 360 | writer 600 |" in report_markdown.document(report)
    assert "<td>20% to 33%</td>" in report_html.document(report)


def test_whose_lines_were_committed_is_in_every_form() -> None:
    report = reports.busy()
    assert report_document.committed_rows(report.committed) == [
        ("claude-code", "60% to 70%", "600", "writer 600"),
        ("person", "20% to 30%", "200", "writer 200"),
        ("there before", "10%", "100", ""),
        ("unknown", "10%", "100", ""),
    ]
    said = "67% to 80% of the lines written, 60% to 70% of those committed"
    assert report_document.agents_part(report) == said
    assert f"- agents: {said}" in report_markdown.document(report)
    assert "| there before | 10% | 100 |  |" in report_markdown.document(report)
    assert "<td>60% to 70%</td>" in report_html.document(report)
    document = report_document.document(report)
    assert document["agents_committed"] == {"floor": 0.6, "ceiling": 0.7}
    class_before = {"agent": "before", "lines": 100, "evidence": {"none": 100}}
    assert document["committed"][2] == class_before | {"floor": None, "ceiling": None, "all_lines": 1000}
    nothing = report_document.document(reports.empty())
    assert (nothing["committed"], nothing["agents_committed"], nothing["agents_written"]) == ([], None, None)


def test_what_is_kept_stands_beside_what_was_committed() -> None:
    report = reports.busy()
    assert report_document.kept_rows(report) == [
        ("claude-code", "-", "45 of 50", "-", "-"),
        ("there before", "-", "-", "-", "0 of 3"),
    ]
    assert "| claude-code | - | 45 of 50 | - | - |" in report_markdown.document(report)
    assert "<td>45 of 50</td>" in report_html.document(report)
    first = report_document.document(report)["kept"][0]
    assert first == {"agent": "claude-code", "days": 7, "committed": 50, "kept": 45}


@pytest.mark.parametrize(("part", "shown"), [(0.0, "0%"), (0.001, "<1%"), (0.5, "50%"), (0.996, ">99%"), (1.0, "100%")])
def test_a_part_is_never_rounded_to_nothing_or_to_all(part: float, shown: str) -> None:
    assert author_words.percent(part) == shown


def test_an_empty_report_says_why_and_what_to_do() -> None:
    report = reports.empty()
    assert report_document.is_empty(report)
    assert "add-workspace" in report_document.why_empty(report)
    assert "add-workspace" in report_markdown.document(report)
    assert "add-workspace" in report_html.document(report)
    report.first_record.seconds = reports.T0 - 1000
    assert "--since 90d" in report_document.why_empty(report)
    report.agent = "codex"
    assert "without --agent" in report_document.why_empty(report)


@pytest.mark.parametrize(("values", "drawn"), [([], ""), ([0, 0], ""), ([0, 1, 8], " ▁█"), ([5], "█")])
def test_sparklines_show_that_there_is_something(values: list[int], drawn: str) -> None:
    assert report_text.sparkline(values) == drawn


@pytest.mark.parametrize("count", [1, 2, 24, 91, 3660])
def test_columns_stay_in_their_place(count: int) -> None:
    drawn = plots.columns("x", [str(n) for n in range(count)], list(range(count)), "main", "things")
    for box in ElementTree.fromstring(drawn).iter("rect"):
        assert 0 <= float(box.attrib["x"]) <= plots.WIDTH - float(box.attrib["width"]) + 1
        assert float(box.attrib["y"]) >= 0
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= 163
