"""A commit is shown as it is now: after amends, rebases and squashes, and where its figures cannot be known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.git import layout
from obsd.git.numstat import measure
from obsd.git.repository import Repository as Objects
from tests.integration.commits.commit_rig import CALM, Rig, Scenario, edit, numstat, run_in_repository, run_with_hooks
from tests.support import Repository


@pytest.fixture
def run(short_tmp: Path, repository: Repository) -> Callable[[Scenario], None]:
    return lambda scenario: run_in_repository(short_tmp / "state", repository, scenario)


def lines(made: Rig) -> tuple[float, float]:
    shown = made.metrics()
    added, removed = (
        shown.sum("obsd_commit_lines_total", workspace="w", direction=direction) for direction in ("added", "removed")
    )
    return added, removed


def test_an_amend_changes_lines_subject_and_gauges(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.write("a.txt", "1\n2\n3\n")
        ids = [repository.commit("feat: three lines")]
        await made.scan()
        assert lines(made) == (3, 0)
        for count, counted in ((5, 5), (2, 5), (4, 7)):
            repository.write("a.txt", "1\n" * count)
            repository.git("add", "-A")
            repository.git("commit", "-q", "--amend", "-m", f"feat: {count} lines")
            ids.append(repository.git("rev-parse", "HEAD"))
            (row,) = await made.scan()
            assert (row.commit_id, row.earlier_ids) == (ids[-1], tuple(ids[:-1]))
            assert (row.subject, row.lines_added, row.files_changed) == (f"feat: {count} lines", count, 1)
            assert lines(made) == (counted, 0)
            assert made.metrics().value("git_commit_lines_added", workspace="w", branch="main") == count
        assert made.metrics().sum("git_commits_total", workspace="w") == 1
        shown = await made.rows()
        await made.restart()
        assert await made.scan() == shown

    run(scenario)


def test_an_amend_of_a_commit_from_before_counts_what_it_adds(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.write("more.txt", "1\n2\n")
        repository.git("add", "-A")
        repository.git("commit", "-q", "--amend", "--no-edit")
        assert await made.scan() == []
        assert lines(made) == (2, 0)
        figures = numstat(repository.path, "HEAD")
        assert made.metrics().value("git_commit_lines_added", workspace="w", branch="main") == figures[0]

    run(scenario)


def test_whose_an_amended_commit_is(short_tmp: Path, repository: Repository) -> None:
    """An agent's commit stays its own when a person amends or rebases it; an agent's amend makes it the agent's."""

    async def scenario(made: Rig, repository: Repository) -> None:
        edit(repository, "a.txt", "feat: by an agent", CLAUDECODE="1")
        edit(repository, "b.txt", "feat: by a person")
        await made.scan()
        repository.git("commit", "-q", "--amend", "-m", "feat: amended by an agent", CLAUDECODE="1")
        rows = await made.scan()
        assert [(row.agent, row.evidence) for row in rows] == [("claude-code", "environment")] * 2
        repository.git("rebase", "-q", "--force-rebase", "HEAD~2", **CALM)
        repository.git("commit", "-q", "--amend", "-m", "feat: amended by a person")
        rows = await made.scan()
        assert [(row.agent, row.evidence) for row in rows] == [("claude-code", "environment")] * 2
        assert [row.subject for row in rows] == ["feat: by an agent", "feat: amended by a person"]

    run_with_hooks(short_tmp / "state", repository, scenario)


@pytest.mark.parametrize("meld", ["squash", "fixup"])
def test_what_a_squash_melds_is_one_commit(run: Callable[[Scenario], None], meld: str) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        ids = [edit(repository, f"{number}.txt", f"feat: {number}") for number in range(4)]
        await made.scan()
        todo = f"sed -i -e '2s/pick/{meld}/;3s/pick/{meld}/'"
        repository.git("rebase", "-q", "-i", "HEAD~4", **CALM | {"GIT_SEQUENCE_EDITOR": todo})
        rows = await made.scan()
        assert [row.commit_id for row in rows] == repository.git("rev-list", "--reverse", "HEAD~2..HEAD").split()
        assert set(ids[:3]) <= set(rows[0].earlier_ids)
        assert (rows[0].lines_added, rows[0].files_changed) == (3, 3)
        assert made.metrics().sum("git_commits_total", workspace="w") == 4

    run(scenario)


def test_a_partial_clone_has_files_and_unknown_lines(short_tmp: Path, repository: Repository) -> None:
    for number in range(3):
        repository.write(f"d{number}/f.txt", "1\n2\n3\n")
    repository.commit("feat: folders")
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = short_tmp / "clone"
    repository.git("clone", "-q", "--filter=blob:none", "--sparse", f"file://{repository.path}", str(clone))

    async def scenario(made: Rig, partial: Repository) -> None:
        partial.git("rm", "-q", "--cached", "--sparse", "d1/f.txt")
        partial.git("commit", "-q", "-m", "feat: remove one that is not here")
        (row,) = await made.scan()
        assert (row.lines_added, row.lines_removed, row.files_changed) == (None, None, 1)
        assert lines(made) == (0, 0)
        assert made.metrics().value("git_commit_lines_added", workspace="w", branch="main") is None
        partial.write("new.txt", "1\n")
        partial.git("add", "--sparse", "new.txt")
        partial.git("commit", "-q", "-m", "feat: one that is here")
        assert made.metrics().value("git_commit_lines_added", workspace="w", branch="main") is None
        await made.scan()
        assert made.metrics().value("git_commit_lines_added", workspace="w", branch="main") == 1

    run_in_repository(short_tmp / "state", Repository(clone, repository.environment), scenario)


def test_attributes_are_those_of_the_commit(run: Callable[[Scenario], None]) -> None:
    async def scenario(made: Rig, repository: Repository) -> None:
        repository.write(".gitattributes", "*.md -diff\n")
        repository.write("a.md", "1\n2\n3\n")
        repository.write("sub/.gitattributes", "*.dat diff\n")
        (repository.path / "sub" / "b.dat").write_bytes(b"\0\n1\n")
        commit = repository.commit("feat: attributes and a text")
        wanted = numstat(repository.path, commit)
        repository.git("checkout", "-q", "--detach", "HEAD~1")
        assert numstat(repository.path, commit) != wanted
        (row,) = await made.scan()
        assert (row.lines_added, row.lines_removed, row.files_changed) == wanted

    run(scenario)


def test_an_ignored_submodule_is_none_of_the_files(
    repository: Repository, make_repository: Callable[[str], Repository]
) -> None:
    inner = make_repository("inner")
    inner.write("i.txt", "i\n")
    inner.commit("feat: inner")
    repository.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.path), "s")
    repository.git("config", "-f", ".gitmodules", "submodule.s.ignore", "all")
    repository.commit("feat: a submodule")
    inner.write("i.txt", "j\n")
    moved = inner.commit("feat: more")
    repository.git("update-index", "--cacheinfo", f"160000,{moved},s")
    repository.write("z.txt", "1\n")
    repository.git("add", "z.txt")
    repository.git("commit", "-q", "-m", "feat: both")
    where = layout.find(repository.path)
    assert where is not None
    objects = Objects(where)
    info = objects.commit(repository.git("rev-parse", "HEAD"))
    assert info is not None
    figures = measure(objects, info)
    assert (figures.lines_added, figures.lines_removed, figures.files_changed) == (1, 0, 1)


@pytest.mark.parametrize(
    "message", ["one\ntwo\n\nbody", "\n\n  one \ntwo\r\n three\n", "x\n \ny", "a\tb\n\tc\n", "", "é\n—\n"]
)
def test_the_subject_is_gits(repository: Repository, message: str) -> None:
    commit = repository.git("commit-tree", "HEAD^{tree}", "-m", "placeholder")
    path = repository.path.parent / "message"
    path.write_bytes(message.encode())
    commit = repository.git("commit-tree", "HEAD^{tree}", "-F", str(path)) if message.strip() else commit
    where = layout.find(repository.path)
    assert where is not None
    info = Objects(where).commit(commit)
    assert info is not None
    assert info.subject.strip() == repository.git("show", "-s", "--format=%s", commit)
