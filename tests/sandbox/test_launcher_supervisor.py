"""The supervisor restarts what may be restarted and ends everything else in order."""

import signal
import sys
from pathlib import Path

import pytest

from sandbox.children import CannotStartError, Command
from sandbox.supervisor import LostError, StoppedError, Supervisor
from tests.sandbox.processes import is_running, pids_in

_SLEEP = "import time; time.sleep(600)"
_COUNT = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "


class Witness:
    """Writes down what the supervisor says, and can ask it to stop at some point."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, line: str) -> None:
        self.lines.append(line)


def a_command(home: Path, name: str, script: str = _SLEEP) -> Command:
    argv = (sys.executable, "-c", script, str(home / f"{name}.pids"))
    return Command(name=name, argv=argv, log=home / f"{name}.log", cwd=home)


def a_supervisor() -> tuple[Supervisor, Witness]:
    witness = Witness()
    return Supervisor(witness, delays=(0.0,)), witness


def test_children_are_stopped_in_reverse_order(tmp_path: Path) -> None:
    supervisor, witness = a_supervisor()
    children = [supervisor.start(a_command(tmp_path, name)) for name in ("first", "second")]
    supervisor.stop()
    assert witness.lines == ["Stopping second", "Stopping first"]
    assert not any(is_running(child.pid) for child in children)


def test_a_child_that_may_be_restarted_is_and_its_last_words_are_shown(tmp_path: Path) -> None:
    supervisor, witness = a_supervisor()
    pids = tmp_path / "web.pids"
    supervisor.start(
        a_command(tmp_path, "web", _COUNT + "print('no memory'); sys.exit(3)"), restart=True
    )
    supervisor.wait_until(lambda: len(pids_in(pids)) >= 3, "the third start")
    supervisor.stop()
    assert witness.lines[0] == (
        "web ended with exit code 3. Its last lines:\nno memory\nStarting web again in 0 s"
    )
    assert len(set(pids_in(pids))) == len(pids_in(pids))


def test_delays_grow_up_to_the_last(tmp_path: Path) -> None:
    witness = Witness()
    supervisor = Supervisor(witness, delays=(0.0, 0.01))
    supervisor.start(a_command(tmp_path, "web", "raise SystemExit(1)"), restart=True)
    supervisor.wait_until(lambda: len(witness.lines) == 3, "the third death")
    supervisor.stop()
    delays = [line.rpartition(" in ")[2] for line in witness.lines]
    assert delays == ["0 s", "0.01 s", "0.01 s"]


def test_the_loss_of_a_child_that_others_need_is_an_error_with_its_last_words(
    tmp_path: Path,
) -> None:
    supervisor, _ = a_supervisor()
    supervisor.start(a_command(tmp_path, "database", "print('disk full'); raise SystemExit(1)"))
    with pytest.raises(LostError, match=r"database ended with exit code 1.*\n.*disk full"):
        supervisor.watch()
    supervisor.stop()


def test_a_step_that_fails_says_why(tmp_path: Path) -> None:
    supervisor, _ = a_supervisor()
    with pytest.raises(CannotStartError, match=r"migrate failed\.\nno such table"):
        supervisor.run(
            a_command(tmp_path, "migrate", "print('no such table'); raise SystemExit(1)")
        )


def test_a_step_that_succeeds_is_waited_for(tmp_path: Path) -> None:
    supervisor, _ = a_supervisor()
    supervisor.run(a_command(tmp_path, "migrate", _COUNT))
    assert len(pids_in(tmp_path / "migrate.pids")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_wait_and_the_step_that_runs(
    tmp_path: Path, number: signal.Signals
) -> None:
    supervisor, _ = a_supervisor()
    before = {each: signal.getsignal(each) for each in signal.Signals if each.name in _CHANGED}
    supervisor.obey_signals()
    try:
        with pytest.raises(StoppedError):
            supervisor.run(
                a_command(
                    tmp_path, "slow", _COUNT + f"os.kill(os.getppid(), {int(number)}); {_SLEEP}"
                )
            )
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert not is_running(*pids_in(tmp_path / "slow.pids"))


_CHANGED = {"SIGINT", "SIGTERM", "SIGHUP"}


def test_what_does_not_get_ready_is_named() -> None:
    supervisor, _ = a_supervisor()
    with pytest.raises(CannotStartError, match=r"The fake AWS did not get ready within 0\.2 s"):
        supervisor.wait_until(lambda: False, "The fake AWS", seconds=0.2)
