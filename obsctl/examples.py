"""Examples in the help of verbs: a command line, and what it is for. Only data, because the help must be quick."""

from __future__ import annotations

_EXAMPLES = {
    "today": (
        ("obsctl", "today at a glance"),
        ("obsctl --date yesterday", "yesterday, compared with the day before"),
        ("obsctl --week --json", "this week, for a script"),
    ),
    "add-workspace": (
        ("obsctl add-workspace ~/shop", "watch a repository, with hooks that report its commits"),
        ("obsctl add-workspace . --name shop --no-hooks", "this folder, under a name, without hooks"),
    ),
    "forget": (("obsctl forget shop", "stop watching it, and delete what was recorded of it"),),
    "sessions": (
        ("obsctl sessions --today", "the sessions of today"),
        ("obsctl sessions --agent claude-code --since monday", "those in which an agent wrote, since Monday"),
    ),
    "session": (("obsctl session 42", "one session: its files, commits and telemetry"),),
    "commits": (
        ("obsctl commits --since yesterday --agent codex", "what an agent committed since yesterday"),
        ("obsctl commits --since 2026-05-04 --until 2026-05-08", "a week of commits, both days included"),
    ),
    "violations": (("obsctl violations --today", "rules that were broken today"),),
    "report": (
        ("obsctl report --since monday", "this week"),
        ("obsctl report --since yesterday --until yesterday --markdown", "yesterday, for a stand-up"),
        ("obsctl report --since 30d --html report.html", "a page with plots"),
    ),
    "tail": (("obsctl tail --kind CommitMade --json", "commits as they are made, for a script"),),
}


def of(verb: str) -> str | None:
    """Returns the examples of a verb as the end of its help; None for none."""
    rows = _EXAMPLES.get(verb)
    if rows is None:
        return None
    width = max(len(command) for command, _ in rows)
    return "\n".join(("examples:", *(f"  {command:<{width}}  {purpose}" for command, purpose in rows)))
