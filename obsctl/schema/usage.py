"""Vendors' days, as `--json` has them."""

from __future__ import annotations

from typing import Annotated, TypedDict


class UsageFigure(TypedDict):
    """One measure of a vendor's day."""

    vendor: Annotated[str, "whose count it is"]
    day: Annotated[str, "the day, `YYYY-MM-DD` in UTC"]
    settled: Annotated[bool, "whether the vendor does not change it any more"]
    subject: Annotated[str | None, "which organization, team or repository it is of; null: the person, or all people"]
    measure: Annotated[str, "what was counted; a measure that the vendor did not give is not there"]
    amount: Annotated[float | None, "what the vendor counted; null: it has no figure, which is not 0"]
    counted: Annotated[float | None, "what was counted on this machine; null: nothing is known, which is not 0"]
    difference: Annotated[float | None, "the vendor's less this machine's"]
    reasons: Annotated[list[str], "why they may differ: the words of usage.md"]


class UsageCommit(TypedDict):
    """The added lines of a commit that are an agent's, as a vendor has them."""

    vendor: Annotated[str, "whose count it is"]
    id: Annotated[str, "the commit's id, as the vendor has it"]
    day: Annotated[str, "its day, `YYYY-MM-DD` in UTC"]
    workspace: Annotated[str | None, "where it is on this machine; null: it is not"]
    amount: Annotated[float | None, "lines by the vendor's agent; null: it does not say"]
    counted: Annotated[float | None, "lines by the same agent on this machine; null: nothing is known"]
    difference: Annotated[float | None, "the vendor's less this machine's"]
    unknown: Annotated[int, "added lines of which this machine does not know who wrote them"]
    reasons: Annotated[list[str], "why they may differ: the words of usage.md"]


class UsagePerson(TypedDict):
    """Whose numbers of a vendor are compared."""

    vendor: Annotated[str, "the vendor"]
    person: Annotated[str | None, "who; null: all people"]


class Usage(TypedDict):
    """What vendors counted by day."""

    vendors: Annotated[list[str], "the vendors that are configured"]
    person: Annotated[str | None, "whose numbers they are; null: all people's, or those of several"]
    people: Annotated[list[UsagePerson], "the same for each vendor"]
    figures: Annotated[list[UsageFigure], "by day"]
    commits: Annotated[list[UsageCommit], "commits whose lines a vendor attributes, by day"]
