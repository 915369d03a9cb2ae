"""The table of processes: chains through what is gone, numbers that are used again, and its bounds."""

from __future__ import annotations

import time

from obsd.agents.table import AgentTable
from obsd.writers.connector import EXEC, FORK, ProcessEvent
from obsd.writers.process_table import ProcessTable
from obsd.writers.processes import Process, ProcessReader

NOW = 10**12


class Machine(ProcessReader):
    """Processes that are there while the test has them so."""

    def __init__(self) -> None:
        super().__init__(AgentTable.build())
        self.living: dict[int, Process] = {}

    def lives(self, pid: int, parent: int, program: str, agent: str = "") -> None:
        self.living[pid] = Process(pid, parent, program, agent)

    def read(self, pid: int) -> Process | None:
        return self.living.get(pid)


def fork(parent: int, pid: int, at_ns: int = NOW) -> ProcessEvent:
    return ProcessEvent(FORK, at_ns, parent, pid)


def executed(pid: int, at_ns: int = NOW) -> ProcessEvent:
    return ProcessEvent(EXEC, at_ns, 0, pid)


# Numbers that no process of a test's machine has: names are read from the real /proc.
AGENT, SHELL, SED, OTHER = 2**30, 2**30 + 1, 2**30 + 2, 2**30 + 3


def table(machine: Machine, connected: bool = True) -> ProcessTable:
    machine.lives(AGENT, 1, "claude", "claude-code")
    return ProcessTable(machine, connected)


def programs(chains: list[list[Process]]) -> list[list[str]]:
    return [[process.program for process in chain] for chain in chains]


def test_a_chain_leads_through_processes_that_are_gone() -> None:
    made = table(Machine())
    made.take([fork(AGENT, SHELL), executed(SHELL), fork(SHELL, SED), executed(SED)])
    [chain] = made.chains(SED, alive=False, since_ns=NOW)
    assert [process.pid for process in chain] == [SED, SHELL, AGENT]
    assert chain[-1].agent == "claude-code"


def test_before_its_exec_a_process_is_what_its_parent_is() -> None:
    machine = Machine()
    made = table(machine)
    list(made.chains(AGENT, alive=True, since_ns=NOW))
    made.take([fork(AGENT, SHELL), fork(AGENT, SED), executed(SED)])
    assert programs(list(made.chains(SHELL, False, NOW))) == [["claude", "claude"]]
    assert programs(list(made.chains(SED, False, NOW))) == [["", "claude"]]


def test_nobody_knows_what_was_never_seen_alive() -> None:
    made = table(Machine())
    assert list(made.chains(SED, alive=False, since_ns=NOW)) == [[]]
    made.take([fork(OTHER, SED)])
    [chain] = made.chains(SED, alive=False, since_ns=NOW)
    assert [process.agent for process in chain] == [""]


def test_a_number_that_came_again_since_the_last_look_may_be_either() -> None:
    machine = Machine()
    machine.lives(OTHER, 1, "bash")
    made = table(machine)
    made.take([fork(AGENT, SED, NOW - 50), fork(OTHER, SED, NOW + 50)])
    chains = list(made.chains(SED, alive=False, since_ns=NOW))
    assert programs(chains) == [["", "bash"], ["", "claude"]]
    assert programs(list(made.chains(SED, alive=False, since_ns=NOW + 50))) == [["", "bash"]]


def test_one_that_lives_is_the_last_that_got_the_number() -> None:
    machine = Machine()
    made = table(machine)
    made.take([fork(OTHER, SED, NOW - 50), fork(AGENT, SED, NOW + 50)])
    machine.lives(SED, AGENT, "sed")
    assert programs(list(made.chains(SED, alive=True, since_ns=NOW))) == [["sed", "claude"]]


def test_who_runs_another_program_since_the_last_look_may_have_written_before() -> None:
    machine = Machine()
    machine.lives(OTHER, 1, "bash")
    machine.lives(SHELL, OTHER, "wrapper")
    made = table(machine)
    made.take([fork(OTHER, SHELL, NOW - 90), executed(SHELL, NOW - 80)])
    assert programs(list(made.chains(SHELL, True, NOW - 85))) == [["wrapper", "bash"]]
    machine.lives(SHELL, OTHER, "claude", "claude-code")
    later = time.monotonic_ns() + 10**9
    made.take([executed(SHELL, later)])
    assert programs(list(made.chains(SHELL, True, later - 5))) == [["claude", "bash"], ["wrapper", "bash"]]
    assert programs(list(made.chains(SHELL, True, later))) == [["claude", "bash"]]


def test_what_was_read_of_a_process_at_its_exec_is_not_believed() -> None:
    machine = Machine()
    machine.lives(OTHER, 1, "bash")
    made = table(machine)
    made.take([fork(OTHER, SHELL), executed(SHELL)])
    # Read before the kernel told of the exec: /proc has the new program already.
    machine.lives(SHELL, OTHER, "claude", "claude-code")
    list(made.chains(SHELL, True, NOW))
    at_ns = time.monotonic_ns()
    made.take([executed(SHELL, at_ns)])
    assert programs(list(made.chains(SHELL, True, at_ns - 5))) == [["claude", "bash"], ["", "bash"]]


def test_without_a_connector_what_lives_is_read_each_time() -> None:
    machine = Machine()
    machine.lives(OTHER, 1, "bash")
    made = table(machine, connected=False)
    assert programs(list(made.chains(OTHER, True, NOW))) == [["bash"]]
    machine.lives(OTHER, 1, "claude", "claude-code")
    assert programs(list(made.chains(OTHER, True, NOW))) == [["claude"]]


def test_a_parent_whose_number_was_used_again_is_not_the_new_one() -> None:
    machine = Machine()
    machine.lives(OTHER, 1, "vim")
    made = table(machine)
    made.take([fork(AGENT, SHELL, NOW), fork(SHELL, SED, NOW + 1), fork(OTHER, SHELL, NOW + 2)])
    machine.lives(SHELL, OTHER, "bash")
    assert programs(list(made.chains(SED, alive=False, since_ns=NOW + 5))) == [["", "", "claude"]]


def test_without_a_connector_the_dead_are_known_only_for_a_moment() -> None:
    machine = Machine()
    made = table(machine, connected=False)
    machine.lives(SED, AGENT, "sed")
    list(made.chains(SED, alive=True, since_ns=NOW))
    del machine.living[SED]
    assert programs(list(made.chains(SED, alive=False, since_ns=NOW))) == [["sed", "claude"]]
    assert list(made.chains(SHELL, alive=False, since_ns=NOW)) == [[]]


def test_after_lost_events_nothing_is_relied_on() -> None:
    made = table(Machine())
    made.take([fork(AGENT, SED)])
    made.lost()
    assert list(made.chains(SED, alive=False, since_ns=NOW)) == [[]]


def test_it_stays_bounded_and_keeps_the_latest() -> None:
    made = table(Machine())
    for start in range(0, 60_000, 200):
        made.take([fork(AGENT, 2**25 + number, NOW + number) for number in range(start, start + 200)])
    assert len(made) < 20_000
    [chain] = made.chains(2**25 + 59_999, alive=False, since_ns=NOW + 60_000)
    assert chain[-1].agent == "claude-code"


def test_a_circle_of_parents_ends() -> None:
    made = table(Machine())
    made.take([fork(SED, SHELL), fork(SHELL, SED)])
    [chain] = made.chains(SED, alive=False, since_ns=NOW)
    assert len(chain) <= 2
