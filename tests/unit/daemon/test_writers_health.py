"""The kernel's word on writers, in words: what is a condition, what is shown, and when it ends."""

from __future__ import annotations

import asyncio

from obsd.daemon.writers_health import WritersHealth
from obsd.health import Health
from obsd.sources.author_sources import AuthorSources, SourceState
from obsd.writers.seen import WritersLost, WritersState

UP = WritersState(True, directories=3)
NO_HELPER = WritersState(False, "no_helper", "nothing serves /run/x", "install it")


class Told:
    """What was raised and shown."""

    def __init__(self) -> None:
        self.health = Health()
        self.states = AuthorSources(lambda source, up: None)
        self.writers = WritersHealth(self.health, self.states)

    @property
    def codes(self) -> list[str]:
        return [held.code for held in self.health.list()]


def test_a_helper_that_was_never_there_is_no_condition() -> None:
    told = Told()
    told.writers.changed(NO_HELPER)
    assert told.codes == []
    assert told.states["writers"] == SourceState(False, "nothing serves /run/x", "install it")


def test_a_source_that_speaks_no_more_is_one() -> None:
    told = Told()
    told.writers.changed(UP)
    assert (told.codes, told.states["writers"]) == ([], SourceState(True))
    told.writers.changed(NO_HELPER)
    assert told.codes == ["writers_ended"]
    assert "nothing serves /run/x" in told.health.list()[0].text
    told.writers.changed(UP)
    assert told.codes == []


def test_a_refusal_and_a_part_are_shown() -> None:
    told = Told()
    told.writers.changed(WritersState(False, "not_allowed", "the policy allows others", "usermod"))
    assert (told.codes, told.health.list()[0].hint) == (["writers_refused"], "usermod")
    told.writers.changed(WritersState(True, detail="no marks are left"))
    assert told.codes == ["writers_in_part"]
    assert (told.states["writers"].up, told.states["writers"].text) == (True, "no marks are left")
    assert told.states["writers"].hint


def test_what_was_lost_is_shown() -> None:
    async def lose() -> Told:
        told = Told()
        told.writers.changed(UP)
        told.writers.lost(WritersLost(10.0, 20.0))
        told.writers.lost(WritersLost(30.0, 40.0))
        return told

    told = asyncio.run(lose())
    assert told.codes == ["writers_lost"]
    assert "2 times" in told.health.list()[0].text
    assert told.states["writers"].up
    assert "dropped" in told.states["writers"].text
