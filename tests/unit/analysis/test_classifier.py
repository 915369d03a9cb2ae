"""The model of sessions: silent without examples or worth, calibrated with both, and never quite certain."""

from __future__ import annotations

import random
import statistics
from pathlib import Path

from obsctl import documents
from obsctl.commands import sessions as sessions_verb
from obsd.analysis.classifier import ENOUGH, Example, Shape, fit, foretold, learn
from obsd.api.likelihoods import Likelihoods
from obsd.facts import Fact, Ticked
from obsd.ledger import Ledger
from obsd.v1 import activity_pb2
from tests.unit.recording import T0, Clock, added, changed, commit, on_connection, recording, run


def shape(chance: random.Random, is_agent: bool, overlap: float = 0.6) -> Shape:
    """A made-up session: agents change more at a time, with some that are like people and some people like agents."""
    fast = is_agent if chance.random() > overlap / 2 else not is_agent
    changes = round(chance.lognormvariate(4.2 if fast else 3.4, 0.6)) + 3
    return Shape(
        seconds=chance.lognormvariate(6.8, 0.6),
        changes=changes,
        files=1 + round(changes * chance.uniform(0.2, 0.8)),
        lines_added=round(changes * chance.lognormvariate(2.5 if fast else 1.8, 0.6)),
        lines_removed=round(changes * chance.lognormvariate(1.0, 0.6)),
        bursts=max(1, round(changes / (6 if fast else 1.5))),
        first_commit_seconds=chance.choice([None, chance.lognormvariate(6, 1)]),
    )


def examples(count: int, seed: int = 1, overlap: float = 0.6) -> list[Example]:
    """Made-up sessions, a third of them agents'."""
    chance = random.Random(seed)
    kinds = [chance.random() < 1 / 3 for _ in range(count)]
    return [(shape(chance, is_agent, overlap).vector(), is_agent) for is_agent in kinds]


def test_it_is_silent_before_there_are_enough_of_both_kinds() -> None:
    many = examples(400)
    agents = [one for one in many if one[1]]
    others = [one for one in many if not one[1]]
    assert learn([*others, *agents[: ENOUGH - 1]]) is None
    assert learn([*agents, *others[: ENOUGH - 1]]) is None
    assert learn([]) is None


def test_it_is_silent_when_form_tells_nothing() -> None:
    assert learn(examples(600, overlap=1.0)) is None


def test_it_is_calibrated_on_what_it_has_not_seen() -> None:
    model = learn(examples(700))
    assert model is not None
    unseen = [(model.likelihood(vector), is_agent) for vector, is_agent in examples(4000, seed=2)]
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = [one for one in unseen if low <= one[0] < low + 0.2]
        if len(inside) >= 100:
            said, seen = statistics.mean(one[0] for one in inside), statistics.mean(one[1] for one in inside)
            assert abs(said - seen) < 0.15, (low, said, seen, len(inside))


def test_it_foretells_from_what_was_before_alone() -> None:
    chance = random.Random(3)
    kinds = [chance.random() < 0.5 for _ in range(600)]
    flipped = [
        (shape(chance, is_agent, 0.0).vector(), is_agent != (place >= 300)) for place, is_agent in enumerate(kinds)
    ]
    assert learn(flipped) is None, "a habit that turned round is no pattern"
    assert len(list(foretold(examples(500)))) == 400


def test_it_is_never_quite_certain_and_takes_any_form() -> None:
    model = fit(examples(300))
    for extreme in (Shape(0, 0, 0, 0, 0), Shape(1e9, 10**9, 10**9, 10**12, 10**12, 1, 1e12), Shape(0, 10**6, 1, 0, 0)):
        assert 0.02 <= model.likelihood(extreme.vector()) <= 0.98


def sessions(count: int) -> list[Fact]:
    """Sessions of people and agents by turns, then one of nobody known for each form."""
    facts: list[Fact] = [added()]
    for number in range(count + 2):
        at, is_agent = T0 + number * 4000, bool(number % 2)
        for place in range(20 + number % 7):
            # Agents change five files at once, people one a minute.
            moment = at + (place // 5 * 30 + place % 5 if is_agent else place * 60)
            lines = (30, 9) if is_agent else (3, 1)
            facts.append(changed(f"f{place % (9 if is_agent else 3)}.py", lines=lines, at=moment))
        if number < count:
            who = {"agent": "codex", "evidence": "environment"} if is_agent else {}
            facts.append(commit(number, at=facts[-1].at + 30, **who))  # type: ignore[arg-type]
        facts.append(Ticked(at + 3900, ""))
    return facts


def test_likelihoods_come_from_known_sessions_and_go_to_unknown_ones(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock()) as recorder:
            await recorder.record(sessions(130))
            rows = await recorder.query(lambda ledger: Ledger.sessions(ledger))
            found = await Likelihoods(recorder, Clock(), 60).of(rows)
        like_agent, like_person = rows[0], rows[1]
        assert not like_agent.agents
        assert found[like_agent.session_id] > 0.8
        assert found[like_person.session_id] < 0.2
        assert not {row.session_id for row in rows if row.agents} & found.keys()

    run(story, tmp_path / "ledger.sqlite3")


def test_a_young_ledger_gives_no_likelihood(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock()) as recorder:
            await recorder.record(sessions(60))
            rows = await recorder.query(lambda ledger: Ledger.sessions(ledger))
            assert await Likelihoods(recorder, Clock(), 60).of(rows) == {}

    run(story, tmp_path / "ledger.sqlite3")


def test_a_ledger_that_fails_leaves_sessions_without_likelihood(tmp_path: Path) -> None:
    async def story(path: Path) -> None:
        async with recording(path, Clock()) as recorder:
            await recorder.record(sessions(130))
            rows = await recorder.query(lambda ledger: Ledger.sessions(ledger))
            await on_connection(recorder, lambda connection: connection.execute("ALTER TABLE sessions RENAME TO gone"))
            assert await Likelihoods(recorder, Clock(), 60).of(rows) == {}
            await on_connection(recorder, lambda connection: connection.execute("ALTER TABLE gone RENAME TO sessions"))

    run(story, tmp_path / "ledger.sqlite3")


def test_a_likelihood_stands_beside_unknown() -> None:
    session = activity_pb2.Session(id="1", workspace="w", agent_likelihood=0.834)
    assert "unknown (agent: 83% likely)" in sessions_verb.row(session)
    assert documents.session(session)["agent_likelihood"] == 0.83
    assert "unknown" in sessions_verb.row(activity_pb2.Session(id="1"))
    assert documents.session(activity_pb2.Session(id="1"))["agent_likelihood"] is None
