"""Who wrote the lines of commits: known writers, real git, and each line's own text as the oracle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

from tests.integration.commits.origins_rig import OriginsRig, authors, origins_rig, until
from tests.support import Repository
from tests.unit.recording import changed, limit_pages

Story = Callable[[OriginsRig], Coroutine[None, None, None]]


def tell(folder: Path, repository: Repository, story: Story, *, lying: str = "") -> None:
    """Runs a story on a repository with one commit of a person's, made before obsd came; `lying` is a file's text that
    nobody committed by then."""
    repository.write("old.txt", "".join(f"before {number}\n" for number in range(-20, 0)))
    repository.commit("chore: start")
    if lying:
        repository.write("lying.txt", lying)

    async def run() -> None:
        async with origins_rig(folder, repository) as rig:
            await story(rig)

    asyncio.run(asyncio.wait_for(run(), 120))


def test_each_author_has_the_lines_that_each_wrote(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("claude-code", "a.txt", rig.lines("claude-code", 5))
        await rig.edit("person", "a.txt", lambda lines: [*lines[:2], *rig.lines("person", 3), *lines[3:]])
        await rig.edit("codex", "old.txt", lambda lines: [*lines[5:], *rig.lines("codex", 2)])
        rig.git("add", "-A")
        row = await rig.commit()
        assert authors(row) == {"claude-code": 4, "person": 3, "codex": 2} == rig.written()
        assert {one.evidence for one in row.origins or ()} == {"writer"}

    tell(tmp_path, repository, story)


def test_a_part_of_a_file_that_is_committed_has_its_own_authors(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.edit("codex", "old.txt", lambda lines: [*rig.lines("codex", 2), *lines])
        await rig.edit("person", "old.txt", lambda lines: [*lines, *rig.lines("person", 4)])
        patch = rig.git("diff", "-U0").split("@@ -20,0")[0]
        rig.git("apply", "--cached", "--unidiff-zero", stdin=patch)
        assert authors(await rig.commit()) == {"codex": 2} == rig.written()
        assert authors(await rig.commit("-a")) == {"person": 4} == rig.written()

    tell(tmp_path, repository, story)


def test_a_squash_of_many_commits_keeps_the_author_of_every_line(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        base = rig.git("rev-parse", "HEAD").strip()
        await rig.write("person", "a.txt", rig.lines("person", 3))
        for number in range(50):
            author = ("claude-code", "codex", "person")[number % 3]
            await rig.insert(author, "a.txt", 1, 2)
            rig.git("add", "-A")
            rig.git("commit", "-q", "-m", f"feat: {number}")
        rig.git("reset", "-q", "--soft", base)
        assert authors(await rig.commit()) == rig.written()

    tell(tmp_path, repository, story)


def test_a_rebase_that_reorders_keeps_what_content_keeps(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("person", "base.txt", rig.lines("person", 30))
        rig.git("add", "-A")
        await rig.commit()
        for author, place in (("claude-code", 0), ("codex", 15), ("person", 29)):
            await rig.insert(author, "base.txt", place, 3)
            rig.git("commit", "-qam", f"feat: of {author}")
        await rig.head()
        rig.repository.environment["GIT_SEQUENCE_EDITOR"] = "sed -i '1{h;d};2{G}'"
        rig.git("rebase", "-q", "-i", "HEAD~3")
        await rig.head()
        for commit_id in rig.git("rev-list", "-3", "HEAD").split():
            assert authors(await rig.classified(commit_id)) == rig.written(commit_id)

    tell(tmp_path, repository, story)


def test_an_amend_counts_what_it_adds_and_shows_what_there_is(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("claude-code", "a.txt", rig.lines("claude-code", 6))
        rig.git("add", "-A")
        await rig.commit()
        await rig.edit("person", "a.txt", lambda lines: [*lines[2:], *rig.lines("person", 5)])
        assert authors(await rig.commit("-a", "--amend")) == {"claude-code": 4, "person": 5} == rig.written()
        assert rig.counted() == {"claude-code": 6, "person": 3}
        [total] = [
            value for labels, value in rig.metrics().matching("obsd_commit_lines_total", direction="added") if value
        ]
        assert sum(rig.counted().values()) == total == 9

    tell(tmp_path, repository, story)


def test_lines_of_before_and_from_elsewhere_are_nobodys(tmp_path: Path, repository: Repository) -> None:
    repository.git("switch", "-q", "-c", "other")
    repository.write("brought.txt", "brought 1\nbrought 2\n")
    repository.commit("feat: of another machine")
    repository.git("switch", "-q", "main")

    async def story(rig: OriginsRig) -> None:
        await rig.edit("codex", "lying.txt", lambda lines: [*lines, *rig.lines("codex", 1)])
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"before": 3, "codex": 1}
        rig.git("merge", "-q", "--no-ff", "--no-edit", "other")
        assert authors(await rig.head()) == {"imported": 2}

    tell(tmp_path, repository, story, lying="before a\nbefore b\nbefore c\n")


def test_a_branch_that_was_written_here_keeps_its_authors_in_a_merge(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        rig.git("switch", "-q", "-c", "topic")
        await rig.edit("claude-code", "old.txt", lambda lines: [*rig.lines("claude-code", 3), *lines])
        await rig.commit("-a")
        rig.git("switch", "-q", "main")
        await rig.edit("person", "old.txt", lambda lines: [*lines, *rig.lines("person", 2)])
        await rig.commit("-a")
        rig.git("merge", "-q", "--no-edit", "topic")
        assert authors(await rig.head()) == {"claude-code": 3} == rig.written()
        rig.git("switch", "-q", "-c", "again", "HEAD~1")
        rig.git("cherry-pick", "topic")
        assert authors(await rig.head()) == {"claude-code": 3} == rig.written()

    tell(tmp_path, repository, story)


def test_line_ends_that_git_changes_are_no_difference(tmp_path: Path, repository: Repository) -> None:
    repository.write(".gitattributes", "*.txt text eol=crlf\n")
    repository.commit("chore: line ends")

    async def story(rig: OriginsRig) -> None:
        await rig.write("codex", "dos.txt", rig.lines("codex", 4), end="\r\n")
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"codex": 4}

    tell(tmp_path, repository, story)


def test_a_moved_file_keeps_its_authors_and_a_copy_is_the_copiers(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("claude-code", "a.txt", rig.lines("claude-code", 4))
        await rig.rename("person", "a.txt", "b.txt")
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"claude-code": 4}
        # Whoever copies a file puts its lines into the other one: git counts them as added there, once more.
        await rig.write("person", "copy.txt", (rig.root / "b.txt").read_text().splitlines())
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"person": 4}

    tell(tmp_path, repository, story)


def test_equal_lines_are_told_apart_by_their_place(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("claude-code", "a.c", ["{", "}", "", "{", "}"])
        await rig.edit("person", "a.c", lambda lines: [*lines, "", "{", "}"])
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"claude-code": 5, "person": 3}

    tell(tmp_path, repository, story)


def test_who_comes_back_to_a_content_brings_its_authors_back(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        lines = rig.lines("claude-code", 5)
        await rig.write("claude-code", "a.txt", lines)
        await rig.write("person", "a.txt", lines[:2])
        await rig.write("person", "a.txt", lines)
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"claude-code": 5}

    tell(tmp_path, repository, story)


def test_nobody_is_named_for_lines_that_nobody_saw_written(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("nobody", "a.txt", rig.lines("nobody", 5))
        rig.git("add", "-A")
        assert authors(await rig.commit()) == {"unknown": 5}

    tell(tmp_path, repository, story)


def test_a_commit_that_waits_for_its_authors_is_classified_after_a_restart(
    tmp_path: Path, repository: Repository
) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("codex", "a.txt", rig.lines("codex", 5))
        rig.git("add", "-A")
        await rig.source.stop()
        rig.git("commit", "-q", "-m", "feat: found while nobody classifies")
        [*_, row] = await rig.scan()
        assert row.origins is None
        await rig.restart()
        assert authors(await rig.classified(row.commit_id)) == {"codex": 5}

    tell(tmp_path, repository, story)


def test_a_repository_is_asked_once_however_long_an_author_takes(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("nobody", "a.txt", rig.lines("nobody", 5))
        rig.git("add", "-A")
        await rig.commit()
        assert rig.reader.calls["added_lines"] == 1

    tell(tmp_path, repository, story)


def test_a_commit_counts_once_while_the_ledger_cannot_be_written(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("codex", "a.txt", rig.lines("codex", 5))
        rig.git("add", "-A")
        await rig.source.stop()
        rig.git("commit", "-q", "-m", "feat: classified on a full disk")
        [*_, row] = await rig.scan()
        await limit_pages(rig.recorder, 1)
        await rig.record([changed(f"{number:0200}.py") for number in range(2000)])
        assert not rig.recorder.durable
        rounds = await rig.count_rounds()
        await rig.restart_source()
        await until(lambda: len(rounds) >= 3)
        assert rig.counted() == {"codex": 5}
        await limit_pages(rig.recorder, 0)
        assert authors(await rig.classified(row.commit_id)) == {"codex": 5}
        assert rig.counted() == {"codex": 5}

    tell(tmp_path, repository, story)
