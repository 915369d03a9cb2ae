"""Lines that commits added, by who wrote them, as `report` and `session` print them."""

from __future__ import annotations

from typing import Annotated, TypedDict


class AgentsShare(TypedDict):
    """The part of lines that agents wrote, from 0 to 1."""

    floor: Annotated[float, "what is proved"]
    ceiling: Annotated[float, "with what nobody knows, or several wrote"]


class NamedSums(TypedDict):
    """Commits of one name, as git has it; only on request."""

    name: Annotated[str, "the author's name in the commits"]
    commits: Annotated[int, "commits"]
    lines: Annotated[int, "lines that they added"]
    origins: Annotated[dict[str, int], "these lines by who wrote them, as `agent` of `committed` has it"]
    share: Annotated[AgentsShare | None, "the part that agents wrote; null: there are no lines"]


class CommittedShare(TypedDict):
    """Lines that commits added, of one author."""

    agent: Annotated[str, "an agent's id, `person`, `several`, `unknown`; `before`, `imported`: nobody wrote them here"]
    lines: Annotated[int, "lines"]
    evidence: Annotated[dict[str, int], "these lines by evidence"]
    floor: Annotated[float | None, "the proved part of `all_lines`; null for what is not one author"]
    ceiling: Annotated[float | None, "the same with the lines of `several` and `unknown`, which may be its own"]
    all_lines: Annotated[int, "all lines that the commits added"]
