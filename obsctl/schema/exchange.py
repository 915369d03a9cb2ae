"""Who wrote the lines of commits in the forms of other tools, as `export` prints it."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

ContributorType = Literal["human", "ai", "mixed", "unknown"]


class TraceContributor(TypedDict):
    """Who wrote lines."""

    type: Annotated[ContributorType, "`mixed`: several authors, and nobody knows which lines are whose"]


class TraceRange(TypedDict):
    """Lines in a row."""

    start_line: Annotated[int, "the first, from 1 on"]
    end_line: Annotated[int, "the last"]


class TraceResource(TypedDict):
    """A thing that lines belong to."""

    type: Annotated[str, "`agent` or `session`"]
    url: Annotated[str, "`urn:obsd:agent:ID`, or `urn:obsd:session:ID:SESSION`"]


class TraceConversation(TypedDict):
    """The lines of one author."""

    contributor: Annotated[TraceContributor, "who"]
    ranges: Annotated[list[TraceRange], "which lines of the commit's file"]
    related: Annotated[list[TraceResource], "the agent and its session; empty for people and the unknown"]


class TraceFile(TypedDict):
    """A file to which the commit adds lines."""

    path: Annotated[str, "its path in the repository, escaped"]
    conversations: Annotated[list[TraceConversation], "by author"]


class TraceRevision(TypedDict):
    """A commit."""

    type: Annotated[Literal["git"], "always"]
    revision: Annotated[str, "its id"]


class TraceTool(TypedDict):
    """What made the record."""

    name: Annotated[str, "`obsd`"]
    version: Annotated[str, "its version"]


class TraceRecord(TypedDict):
    """A trace record of Agent Trace 0.1.0."""

    version: Annotated[str, "of the specification"]
    id: Annotated[str, "a UUID, the same at every export"]
    timestamp: Annotated[str, "the time of the commit"]
    vcs: Annotated[TraceRevision, "the commit"]
    tool: Annotated[TraceTool, "obsd"]
    files: Annotated[list[TraceFile], "files to which it adds lines"]


class Note(TypedDict):
    """A commit's note in the form of git-ai."""

    commit: Annotated[str, "its id"]
    workspace: Annotated[str, "where"]
    note: Annotated[str, "the note"]
    written: Annotated[bool, "whether it was written now"]


class Export(TypedDict, total=False):
    """Who wrote the lines of commits, oldest commit first."""

    form: Annotated[Literal["agent-trace", "notes"], "which form"]
    records: Annotated[list[TraceRecord], "with `agent-trace`"]
    notes: Annotated[list[Note], "with `notes`: commits with lines of agents"]
