"""Vendors' days, as `--json` has them."""

from __future__ import annotations

from typing import Annotated, TypedDict


class UsageFigure(TypedDict):
    """One measure of a vendor's day."""

    vendor: Annotated[str, "whose count it is"]
    day: Annotated[str, "the day, `YYYY-MM-DD` in UTC"]
    settled: Annotated[bool, "whether the vendor does not change it any more"]
    measure: Annotated[str, "what was counted; a measure that the vendor did not give is not there"]
    amount: Annotated[float, "what the vendor counted"]
    counted: Annotated[float | None, "what was counted on this machine; null: nothing is known, which is not 0"]
    difference: Annotated[float | None, "the vendor's less this machine's"]
    reasons: Annotated[list[str], "why they may differ: the words of usage.md"]


class Usage(TypedDict):
    """What vendors counted by day."""

    vendors: Annotated[list[str], "the vendors that are configured"]
    person: Annotated[str | None, "whose numbers they are; null: all people's"]
    figures: Annotated[list[UsageFigure], "by day"]
