"""Which commits the log of HEAD has as the end of a move."""

from __future__ import annotations

from pathlib import Path

from obsd.git.logged import logged
from tests.support import Repository


def test_commits_of_the_log(repository: Repository, tmp_path: Path) -> None:
    first, second = repository.commit("feat: one"), repository.commit("feat: two")
    repository.git("reset", "-q", "--hard", first)
    assert logged(str(repository.path), [second, "0" * 40, first, "ü"]) == [second, first]
    (repository.path / ".git" / "logs" / "HEAD").unlink()
    assert logged(str(repository.path), [first]) == []
    assert logged(str(tmp_path), [first]) == []
