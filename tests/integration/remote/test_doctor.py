"""What `obsctl doctor` says elsewhere: whether hooks there reach the daemon, by the reporter's own files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from obsctl import remote_checks
from tests.certificates import Authority
from tests.integration.remote.remote_rig import Elsewhere, Served
from tests.support import Daemon, Repository, command


def test_each_state_is_said(make_daemon: Callable[[str], Daemon], repository: Repository, tmp_path: Path) -> None:
    served = Served(make_daemon("d"), tmp_path / "served")
    elsewhere, reporter = Elsewhere(tmp_path / "elsewhere"), tmp_path / "reporter"

    def said() -> list[tuple[str, str]]:
        return [(one.state, one.text) for one in remote_checks.of_reporter(reporter)]

    assert said() == []
    reporter.write_text(f"{elsewhere.spool}\n/nonexistent/obsctl\n")
    assert said() == [("fail", "/nonexistent/obsctl cannot be run")]
    reporter.write_text(f"{elsewhere.spool}\n{command('obsctl')[0]}\n")
    ((state, text),) = said()
    assert (state, text.endswith("No such file or directory")) == ("fail", True)
    certificate, key = served.authority.sign("container")
    own, address = served.authority.certificate, served.address
    elsewhere.reports_to(address=address, certificate=certificate, key=key, authority=own)
    assert said() == [("fail", f"no daemon answers at {served.address}: Connection refused")]
    served.daemon.configure(served.section())
    served.daemon.start()
    assert said() == [("ok", f"hooks report to {served.address}, which answers")]
    assert served.daemon.scrape().sum("obsd_hook_reports_total") == 0
    repository.commit("feat: of nobody")
    elsewhere.hook(repository, "/workspaces/other")
    elsewhere.deliver()
    ((state, text),) = said()
    assert state == "warn"
    assert "1 report waiting: no workspace is the repository /workspaces/other" in text
    certificate, key = Authority(tmp_path / "other", "the user's own").sign("stranger")
    elsewhere.reports_to(address=address, certificate=certificate, key=key, authority=own)
    assert said()[0][0] == "fail"
