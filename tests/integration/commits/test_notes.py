"""Lines whose author nothing else tells, as other tools' notes on the commit have them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from obsd.facts import OriginLines
from obsd.git.authorship_notes import GIT_AI, QWEN_CODE
from tests.integration.commits.origins_rig import OriginsRig, authors, origins_rig, until
from tests.integration.commits.test_blame import Story, classes
from tests.support import Repository


def tell(folder: Path, repository: Repository, story: Story) -> None:
    """Runs a story on a repository with one commit."""
    repository.write("old.txt", "before 1\nbefore 2\n")
    repository.commit("chore: start")

    async def run() -> None:
        async with origins_rig(folder, repository) as rig:
            await story(rig)

    asyncio.run(asyncio.wait_for(run(), 120))


def log(path: str, ranges: str, tool: str = "cursor") -> str:
    """An authorship log of one session's lines in one file."""
    sessions = {"s_1": {"agent_id": {"tool": tool, "id": "c-7", "model": "m"}}}
    about = {"schema_version": "authorship/3.0.0", "base_commit_sha": "a" * 40, "prompts": {}, "sessions": sessions}
    return f"{path}\n  s_1::t_1 {ranges}\n---\n{json.dumps(about)}\n"


def note(rig: OriginsRig, text: str, ref: str = GIT_AI, commit: str = "HEAD") -> None:
    rig.git("notes", f"--ref={ref}", "add", "-F", "-", commit, stdin=text)


def test_a_note_names_the_author_of_lines_that_nobody_saw_written(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("nobody", "a.txt", ["x 1", "x 2", "x 3", "x 4"])
        await rig.insert("codex", "a.txt", 4, 2)
        rig.git("add", "-A")
        rig.git("commit", "-q", "-m", "feat: with a note")
        note(rig, log("a.txt", "2-3,5"))
        row = await rig.head()
        assert set(row.origins or ()) == {
            OriginLines("codex", "writer", 2),
            OriginLines("cursor", "note", 2),
            OriginLines("unknown", "none", 2),
        }
        assert rig.counted() == {"codex": 2, "cursor": 2, "unknown": 2}
        assert [(first, last, agent, how) for first, last, _, agent, how in classes(await rig.blame("a.txt"))] == [
            (1, 1, "unknown", "none"),
            (2, 3, "cursor", "note"),
            (4, 4, "unknown", "none"),
            (5, 6, "codex", "writer"),
        ]
        assert (await rig.blame("a.txt")).runs[1].session == "c-7"

    tell(tmp_path, repository, story)


def test_a_note_that_comes_after_the_commit_is_waited_for(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        note(rig, log("old.txt", "1"))
        rounds = await rig.count_rounds()
        await rig.write("nobody", "a.txt", ["x 1"])
        rig.git("add", "-A")
        rig.git("commit", "-q", "-m", "feat: noted later")
        classified = asyncio.create_task(rig.head())
        await until(lambda: len(rounds) >= 3)
        assert not classified.done()
        note(rig, log("a.txt", "1", "claude"))
        assert authors(await classified) == {"claude-code": 1}

    tell(tmp_path, repository, story)


def test_lines_of_before_are_as_their_commits_notes_have_them(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        note(rig, log("old.txt", "2", "aider"))
        await rig.insert("codex", "old.txt", 0, 1)
        found = classes(await rig.blame("old.txt"))
        assert [(first, last, agent, how) for first, last, _, agent, how in found] == [
            (1, 1, "codex", "writer"),
            (2, 2, "unknown", "commit"),
            (3, 3, "aider", "note"),
        ]

    tell(tmp_path, repository, story)


def test_a_file_that_is_qwen_codes_altogether(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("nobody", "own.txt", ["x 1", "x 2"])
        await rig.write("nobody", "mixed.txt", ["x 3"])
        rig.git("add", "-A")
        rig.git("commit", "-q", "-m", "feat: by Qwen Code")
        files = {"own.txt": {"aiChars": 8, "humanChars": 0}, "mixed.txt": {"aiChars": 3, "humanChars": 1}}
        note(rig, json.dumps({"version": 1, "generator": "Qwen-Coder", "files": files}), QWEN_CODE)
        assert authors(await rig.head()) == {"qwen-code": 2, "unknown": 1}

    tell(tmp_path, repository, story)


def test_a_note_that_is_none_changes_nothing(tmp_path: Path, repository: Repository) -> None:
    async def story(rig: OriginsRig) -> None:
        await rig.write("nobody", "a.txt", ["x 1"])
        rig.git("add", "-A")
        rig.git("commit", "-q", "-m", "feat: oddly noted")
        note(rig, "a.txt\n  s_1::t_1 1\n---\n{" * 3)
        assert authors(await rig.head()) == {"unknown": 1}
        assert [run.agent for run in (await rig.blame("a.txt")).runs] == ["unknown"]

    tell(tmp_path, repository, story)
