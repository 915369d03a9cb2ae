"""`obsctl prometheus-config` for a daemon that runs: its address, its token, and where it pushes."""

from __future__ import annotations

from collections.abc import Callable

from tests.support import Daemon


def test_it_prints_the_job_for_the_daemon_that_runs(obsd_daemon: Daemon) -> None:
    address = obsd_daemon.json("status")["metrics_url"].split("/")[2]
    printed = obsd_daemon.obsctl("prometheus-config")
    assert printed.code == 0
    assert "job_name: agent-activity-tracker" in printed.stdout
    assert f'targets: ["{address}"]' in printed.stdout
    assert "authorization" not in printed.stdout
    assert obsd_daemon.json("prometheus-config")["target"] == address


def test_the_token_and_the_gateway_are_in_it(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    token = daemon.etc / "token"
    token.write_text("secret\n")
    token.chmod(0o600)
    daemon.configure(f'token_file = "{token}"\n[push]\npushgateway = "http://127.0.0.1:9"')
    daemon.start()
    printed = daemon.obsctl("prometheus-config", "--whole").stdout
    assert f'credentials_file: "{token}"' in printed
    assert "secret" not in printed
    assert 'targets: ["127.0.0.1:9"]' in printed
    agent = daemon.obsctl("prometheus-config", "--remote-write", "http://a/api/v1/write", "--machine", "m1")
    assert 'machine: "m1"' in agent.stdout
    assert "honor_labels" not in agent.stdout


def test_without_an_address_it_says_so(make_daemon: Callable[[str], Daemon]) -> None:
    daemon = make_daemon("d")
    daemon.configure(listen="")
    daemon.start()
    printed = daemon.obsctl("prometheus-config")
    assert (printed.code, printed.stdout) == (1, "")
    assert "hint:" in printed.stderr
    assert daemon.obsctl("prometheus-config", "--whole", "--remote-write", "http://a/").code == 2
