"""Who wrote the lines of files: known writers, real git, and each line's own text as the oracle."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from obsd.errors import InvalidRequest, NoSuchWorkspace, NotFound, ObsdError
from obsd.sources.file_blame import FileBlame
from tests.integration.commits.origins_rig import OriginsRig, origins_rig
from tests.support import Repository

Story = Callable[[OriginsRig], Coroutine[None, None, None]]
LONG_AGO = {"GIT_AUTHOR_DATE": "2020-02-02T02:02:02Z", "GIT_COMMITTER_DATE": "2020-02-02T02:02:02Z"}
AGENT_TRAILER = "feat: begin\n\nCo-Authored-By: Claude <noreply@anthropic.com>"


def tell(folder: Path, repository: Repository, story: Story) -> None:
    """Runs a story on a repository of two commits of 2020, the first an agent's by its own word."""
    repository.write("old.txt", "".join(f"claude-code {number}\n" for number in range(6)))
    repository.commit(AGENT_TRAILER, **LONG_AGO)
    repository.write("old.txt", (repository.path / "old.txt").read_text() + "unknown 1\nunknown 2\n")
    repository.commit("feat: of a person, as it seems", **LONG_AGO)

    async def run() -> None:
        async with origins_rig(folder, repository) as rig:
            await story(rig)

    asyncio.run(asyncio.wait_for(run(), 120))


def classes(found: FileBlame) -> list[tuple[int, int, str, str | None, str]]:
    """Each run's lines, class, author and evidence."""
    return [(run.first, run.last, run.origin, run.agent, run.evidence) for run in found.runs]


def test_lines_of_before_are_those_of_their_commits(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        found = await rig.blame("old.txt")
        assert classes(found) == [
            (1, 6, "before", "claude-code", "commit"),
            (7, 8, "before", "unknown", "commit"),
        ]
        assert [run.commit_id for run in found.runs] == rig.git("rev-list", "--reverse", "-2", "HEAD").split()
        assert {(run.commit_author, run.at) for run in found.runs} == {("Ada Lovelace", 1580608922.0)}
        await rig.insert("codex", "old.txt", 3, 2)
        found = await rig.blame("old.txt")
        assert classes(found)[1] == (4, 5, "change", "codex", "writer")
        assert (found.runs[1].commit_id, found.runs[1].session, found.runs[1].program) == ("", "codex-1", "sh")
        assert await rig.writers("old.txt") == rig.named("old.txt")
        row = await rig.commit("-a")
        assert (await rig.blame("old.txt")).runs[1].commit_id == row.commit_id

    tell(tmp_path, repository, story)


def test_a_part_of_the_lines_is_as_the_whole_has_it(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.insert("codex", "old.txt", 3, 2)
        found = await rig.blame("old.txt", first=5, last=7)
        assert classes(found) == [
            (5, 5, "change", "codex", "writer"),
            (6, 7, "before", "claude-code", "commit"),
        ]
        assert classes(await rig.blame("old.txt", first=10, last=99)) == [(10, 10, "before", "unknown", "commit")]
        with pytest.raises(InvalidRequest, match="has 10 lines") as error:
            await rig.blame("old.txt", first=11)
        assert error.value.reason == "no_such_lines"

    tell(tmp_path, repository, story)


def test_a_merge_that_nobody_saw_written_keeps_its_authors(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        rig.git("switch", "-q", "-c", "topic")
        await rig.insert("codex", "old.txt", 0, 3)
        await rig.commit("-a")
        rig.git("switch", "-q", "main")
        await rig.insert("person", "old.txt", 8, 2)
        await rig.commit("-a")
        rig.git("merge", "-q", "--no-edit", "topic")
        assert await rig.writers("old.txt") == rig.named("old.txt")
        rig.git("reset", "-q", "--hard", "HEAD~1")
        rig.git("cherry-pick", "topic")
        await rig.head()
        assert await rig.writers("old.txt") == rig.named("old.txt")

    tell(tmp_path, repository, story)


def test_what_git_brought_since_then_is_said_to_be_so(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        elsewhere = Repository(tmp_path / "elsewhere", rig.repository.environment)
        elsewhere.git("pull", "-q", str(rig.root), "main")
        elsewhere.write("brought.txt", "claude-code 1\n")
        elsewhere.commit(AGENT_TRAILER, GIT_COMMITTER_DATE="2040-02-02T02:02:02Z")
        elsewhere.write("brought.txt", "claude-code 1\nunknown 1\n")
        elsewhere.commit("feat: made long ago", GIT_COMMITTER_DATE="2020-02-02T02:02:02Z")
        rig.git("pull", "-q", "--ff-only", str(elsewhere.path), "main")
        await rig.commits.scan("w")
        assert classes(await rig.blame("brought.txt")) == [
            (1, 1, "imported", "claude-code", "commit"),
            (2, 2, "before", "unknown", "commit"),
        ]

    tell(tmp_path, repository, story)


def test_what_nobody_saw_is_nobodys(tmp_path: Path, repository: Repository) -> None:
    repository.write("lying.txt", "before 1\n")
    os.utime(repository.path / "lying.txt", (1e9, 1e9))

    async def story(rig: OriginsRig) -> None:
        rig.repository.write("unseen.txt", "a\nb\n")
        found = await rig.blame("unseen.txt")
        assert classes(found) == [(1, 2, "unknown", "unknown", "none")]
        rig.git("add", "-A")
        rig.git("rm", "-q", "--cached", "unseen.txt")
        assert classes(await rig.blame("unseen.txt")) == [(1, 2, "unknown", "unknown", "none")]
        await rig.write("nobody", "a.txt", rig.lines("nobody", 2))
        [run] = (await rig.blame("a.txt")).runs
        assert (run.origin, run.agent, run.evidence) == ("change", None, "")

    tell(tmp_path, repository, story)


def test_a_file_that_was_never_committed_was_there_before(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        lying = rig.root / "lying.txt"
        lying.write_text("before 1\nbefore 2\n")
        os.utime(lying, (1e9, 1e9))
        assert classes(await rig.blame("lying.txt")) == [(1, 2, "before", "unknown", "none")]
        await rig.insert("codex", "lying.txt", 1, 1)
        assert [run.agent for run in (await rig.blame("lying.txt")).runs] == ["unknown", "codex", "unknown"]
        assert {run.origin for run in (await rig.blame("lying.txt")).runs} == {"before", "change"}

    tell(tmp_path, repository, story)


def test_a_renamed_file_keeps_its_lines_before_and_after_the_commit(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.insert("codex", "old.txt", 2, 2)
        await rig.rename("person", "old.txt", "new.txt")
        found = await rig.blame("new.txt")
        assert await rig.writers("new.txt") == rig.named("new.txt")
        assert [run.evidence for run in found.runs] == ["commit", "writer", "commit", "commit"]
        rig.git("add", "-A")
        await rig.commit()
        assert await rig.writers("new.txt") == rig.named("new.txt")
        rig.git("mv", "new.txt", "newest.txt")
        assert await rig.writers("newest.txt") == rig.named("newest.txt")

    tell(tmp_path, repository, story)


def test_line_ends_and_encodings_of_a_working_tree_are_no_difference(tmp_path: Path, repository: Repository) -> None:
    repository.write(".gitattributes", "*.txt text eol=crlf\nwide.txt working-tree-encoding=UTF-16\n")
    repository.commit("chore: line ends", **LONG_AGO)

    async def story(rig: OriginsRig) -> None:
        old = rig.root / "old.txt"
        old.unlink()
        rig.git("checkout", "--", "old.txt")
        assert b"\r\n" in old.read_bytes()
        assert await rig.writers("old.txt") == ["claude-code"] * 6 + ["unknown"] * 2
        lines = old.read_text().splitlines()
        await rig.write("codex", "old.txt", [*lines[:2], *rig.lines("codex", 1), *lines[2:]], end="\r\n")
        assert await rig.writers("old.txt") == rig.named("old.txt")
        wide = rig.root / "wide.txt"
        wide.write_text("unknown 1\nunknown Ċ\n", encoding="utf-16")
        rig.git("add", "wide.txt")
        rig.git("commit", "-q", "-m", "feat: wide")
        found = await rig.blame("wide.txt")
        assert found.lines == 2
        assert {run.commit_id for run in found.runs} == {rig.git("rev-parse", "HEAD").strip()}

    tell(tmp_path, repository, story)


def test_a_file_of_a_commit_has_the_lines_of_then(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("codex", "a.txt", rig.lines("codex", 3))
        rig.git("add", "-A")
        row = await rig.commit()
        await rig.write("person", "a.txt", rig.lines("person", 2))
        rig.git("rm", "-q", "--cached", "a.txt")
        (rig.root / "a.txt").unlink()
        found = await rig.blame("a.txt", row.commit_id[:8])
        assert classes(found) == [(1, 3, "change", "codex", "writer")]
        with pytest.raises(NotFound) as error:
            await rig.blame("none.txt", row.commit_id)
        assert error.value.reason == "no_such_file"
        for commit in ("0" * 40, "abcd", "HEAD", "--all"):
            with pytest.raises(NotFound) as error:
                await rig.blame("a.txt", commit)
            assert error.value.reason == "unknown_commit"

    tell(tmp_path, repository, story)


def test_a_clone_without_its_past_names_no_commit_that_did_not_write_them(
    tmp_path: Path, repository: Repository
) -> None:
    repository.write("old.txt", "1\n2\n")
    repository.commit("feat: one", **LONG_AGO)
    repository.write("old.txt", "1\n2\n3\n")
    last = repository.commit("feat: two", **LONG_AGO)
    (repository.path / ".git" / "shallow").write_text(f"{last}\n")

    async def run() -> None:
        async with origins_rig(tmp_path, repository) as rig:
            [found] = (await rig.blame("old.txt")).runs
            assert (found.origin, found.agent, found.commit_id) == ("before", "unknown", "")

    asyncio.run(asyncio.wait_for(run(), 120))


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("none.txt", "no_such_file"),
        ("old.txt/below", "no_such_file"),
        ("folder", "not_a_file"),
        ("link", "not_a_file"),
        ("fifo", "not_a_file"),
        ("", "not_a_file"),
        ("x.log", "ignored_file"),
        ("old.txt~", "ignored_file"),
        ("excluded.gen", "ignored_file"),
        (".git/config", "ignored_file"),
        ("nested/a.txt", "nested_repository"),
        ("binary.bin", "binary_file"),
        ("large.txt", "file_too_large"),
        ("../outside.txt", "no_such_workspace"),
        ("away/outside.txt", "no_such_workspace"),
    ],
)
def test_what_has_no_lines_to_show_is_refused_with_its_reason(
    tmp_path: Path, repository: Repository, path: str, reason: str
) -> None:
    root = repository.path
    for name in ("x.log", "old.txt~", "excluded.gen", "nested/a.txt", "nested/.git/HEAD", "folder/a.txt"):
        repository.write(name, "a\n")
    repository.write(".gitignore", "*.log\nnested/\nfolder/\n*.gen2\n")
    (root / "link").symlink_to("old.txt")
    (root / "away").symlink_to(tmp_path)
    os.mkfifo(root / "fifo")
    (root / "binary.bin").write_bytes(b"a\0b\n")
    (root / "large.txt").write_bytes(b"a\n" * (1 << 20) + b"b")
    (tmp_path / "outside.txt").write_text("a\n")
    (root.parent / "outside.txt").write_text("a\n")
    repository.git("add", ".gitignore")

    async def run() -> None:
        async with origins_rig(tmp_path, repository) as rig:
            await rig.write("person", "old.txt", ["person 1"])
            with pytest.raises(ObsdError) as error:
                await rig.blame(path, watch="*.gen")
            assert error.value.reason == reason
            assert isinstance(error.value, NoSuchWorkspace) == (reason == "no_such_workspace")

    asyncio.run(asyncio.wait_for(run(), 120))


def test_a_tracked_file_is_shown_whatever_ignores_it(tmp_path: Path, repository: Repository) -> None:
    repository.write(".gitignore", "*.log\n")
    repository.write("kept.log", "unknown 1\n")
    repository.write("staged.log", "unknown 1\n")
    repository.git("add", "-f", "kept.log", ".gitignore")
    repository.git("commit", "-q", "-m", "chore: keep", **LONG_AGO)
    repository.git("add", "-f", "staged.log")

    async def story(rig: OriginsRig) -> None:
        assert len((await rig.blame("kept.log", watch="*.log")).runs) == 1
        assert len((await rig.blame("staged.log", watch="*.log")).runs) == 1

    tell(tmp_path, repository, story)


def test_an_empty_file_and_a_repository_without_a_commit_have_an_answer(tmp_path: Path, repository: Repository) -> None:
    async def run() -> None:
        async with origins_rig(tmp_path, repository) as rig:
            await rig.write("codex", "a.txt", rig.lines("codex", 2))
            assert await rig.writers("a.txt") == ["codex", "codex"]
            await rig.write("codex", "a.txt", [])
            assert (await rig.blame("a.txt")).runs == ()

    asyncio.run(asyncio.wait_for(run(), 120))
