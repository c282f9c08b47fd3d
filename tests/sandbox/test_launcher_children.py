"""Children of the launcher end when asked, when stubborn, and when their parent is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.children import CannotStartError, Child, Command, unprivileged
from tests.sandbox.processes import eventually, is_running, pids_in

_SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
_STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
_FAMILY = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()}\\n{child.pid}\\n")
time.sleep(600)
"""
_PARENT = """
import pathlib, signal, sys, time
from sandbox.children import Child, Command
number = signal.Signals(int(sys.argv[2]))
signal.signal(number, signal.SIG_IGN)  # like a shell does to what it starts in the background
home = pathlib.Path(sys.argv[1])
argv = (sys.executable, "-c", "import time; time.sleep(600)")
log = home / "log"
child = Child(Command(name="sleeper", argv=argv, log=log, cwd=home, orphan_signal=number))
(home / "pids").write_text(f"{child.pid}\\n")
time.sleep(600)
"""


def a_command(home: Path, *argv: str, patience: float = 10.0) -> Command:
    return Command(name="thing", argv=argv, log=home / "log", cwd=home, patience=patience)


def test_a_stopped_child_is_gone(tmp_path: Path) -> None:
    child = Child(a_command(tmp_path, *_SLEEP))
    assert child.exit_code() is None
    child.stop()
    assert child.exit_code() == -signal.SIGTERM
    assert not is_running(child.pid)


def test_a_child_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    child = Child(a_command(tmp_path, sys.executable, "-c", _STUBBORN, patience=0.1))
    assert eventually(lambda: child.last_words() == "deaf")
    child.stop()
    assert child.exit_code() == -signal.SIGKILL


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = Child(a_command(tmp_path, sys.executable, "-c", _FAMILY, str(pids)))
    assert eventually(lambda: len(pids_in(pids)) == 2)
    child.stop()
    assert eventually(lambda: not any(map(is_running, pids_in(pids))))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(tmp_path), str(int(number))])
    pids = tmp_path / "pids"
    assert eventually(lambda: len(pids_in(pids)) == 1)
    assert is_running(*pids_in(pids))
    parent.kill()
    parent.wait()
    assert eventually(lambda: not is_running(*pids_in(pids)))


def test_ctrl_c_in_the_terminal_does_not_reach_a_child(tmp_path: Path) -> None:
    child = Child(a_command(tmp_path, *_SLEEP))
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    child.stop()


def test_a_program_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match=r"thing cannot be run: .*/no/such/program"):
        Child(a_command(tmp_path, "/no/such/program"))


def test_input_output_and_log_go_where_the_command_says(tmp_path: Path) -> None:
    script = "import sys; print(sys.stdin.read()); print('trouble', file=sys.stderr)"
    command = Command(
        name="echo",
        argv=(sys.executable, "-c", script),
        log=tmp_path / "log",
        output=tmp_path / "output",
        feed="words",
        cwd=tmp_path,
    )
    child = Child(command)
    assert eventually(lambda: child.exit_code() == 0)
    assert (tmp_path / "output").read_text() == "words\n"
    assert child.last_words() == "trouble"


def test_a_server_never_runs_as_root(tmp_path: Path) -> None:
    user = unprivileged()
    child = Child(
        Command(
            name="id", argv=("/usr/bin/id", "-u"), log=tmp_path / "log", cwd=Path("/"), user=user
        )
    )
    assert eventually(lambda: child.exit_code() == 0)
    assert child.last_words() == str(user.uid if user else os.geteuid()) != "0"
