"""The demo starts in order, refuses what it must before anything runs, and leaves no orphan.

The parts are stand-ins: what they really are is tested where they live and by the journeys.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.children import CannotStartError
from sandbox.demo_home import keep_secrets, listening, locked, wipe
from sandbox.demo_parts import Parts
from sandbox.valkey import free_port
from tests.sandbox.processes import eventually, is_running, pids_in

_DEMO = """
import dataclasses, os, sys
from pathlib import Path
from sandbox.demo import main
from sandbox.demo_parts import Parts

NOTE = "open(os.environ['PIDS'], 'a').write(f'{os.getpid()}\\\\n'); "
DEAF = "import signal; [signal.signal(n, signal.SIG_IGN) for n in (signal.SIGTERM, signal.SIGQUIT)]; "
SLEEP = "import os, time; " + NOTE + "print('ready now', flush=True); time.sleep(600)"
WEB = "import http.server, os, socket, sys; " + NOTE + '''
class Live(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Live, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
'''
FILL = '''
import json, os, psycopg
with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
    owner.execute("CREATE TABLE IF NOT EXISTS demos (at timestamptz DEFAULT now())")
    owner.execute("INSERT INTO demos DEFAULT VALUES")
    n = owner.execute("SELECT count(*) FROM demos").fetchone()[0]
print("noise")
print(json.dumps({"email": f"demo{n}@example.com", "password": "open sesame", "scans": []}))
'''

class StandIns(Parts):
    def _script(self, name, script, *arguments, output=None, keep=()):
        return self._python(name, "-c", script, *arguments, output=output, keep=keep)
    def fake_aws(self): return self._script("fake AWS", SLEEP)
    def migrate(self): return self._script("migrate", "print('migrated')")
    def worker(self): return self._script("worker", (DEAF if "DEAF" in os.environ else "") + SLEEP)
    def beat(self): return self._script("beat", SLEEP)
    def web(self): return self._script("web", WEB, str(self.listener), keep=(self.listener,))
    def fill(self): return self._script("fill", FILL, output=self.home / "filled.json")

sys.exit(main(sys.argv[1:], StandIns))
"""


class Demo:
    """A demo in a process of its own."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        self.home = home
        self.pids = home.parent / "pids"
        self.output = home.parent / "output"
        self.pids.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", _DEMO, "--no-browser", *arguments],
            env={**_without_servers(), "DEMO_DATA": str(home), "PIDS": str(self.pids)} | variables,
            stdout=self.output.open("w"),
            stderr=subprocess.STDOUT,
        )

    def said(self) -> str:
        return self.output.read_text()

    def is_up(self) -> bool:
        return "Ctrl-C stops" in self.said() and len(pids_in(self.pids)) == 4


def _without_servers() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith("_URL")}


@contextmanager
def a_demo(home: Path, *arguments: str, **variables: str) -> Iterator[Demo]:
    demo = Demo(home, *arguments, **variables)
    try:
        yield demo
    finally:
        demo.process.kill()
        demo.process.wait()


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "the demo"
    yield directory
    wipe(directory)


def test_the_demo_says_where_it_is_and_stops_everything_on_a_signal(home: Path) -> None:
    port = free_port()
    with a_demo(home, "--port", str(port)) as demo:
        assert eventually(demo.is_up), demo.said()
        assert f"http://127.0.0.1:{port}\n" in demo.said()
        assert "demo1@example.com" in demo.said()
        assert "open sesame" in demo.said()
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(60) == 0
    stopping = [line.removeprefix("Stopping ") for line in demo.said().splitlines()[-7:-1]]
    assert stopping == ["web", "beat", "worker", "fake AWS", "Valkey", "PostgreSQL"]
    assert not any(map(is_running, pids_in(demo.pids)))


def test_a_killed_demo_leaves_no_process_not_even_a_deaf_one(home: Path) -> None:
    with a_demo(home, "--port", str(free_port()), DEAF="yes") as demo:
        assert eventually(demo.is_up), demo.said()
        everything = children_of(demo.process.pid)
        assert len(everything) == 7
        demo.process.kill()
        demo.process.wait()
    assert eventually(lambda: not any(map(is_running, everything)))


def test_a_demo_can_follow_a_killed_one_at_once(home: Path) -> None:
    with a_demo(home, "--port", str(free_port())) as first:
        assert eventually(first.is_up), first.said()
    with a_demo(home, "--port", str(free_port())) as second:
        assert eventually(second.is_up), second.said()
        assert "demo2@example.com" in second.said()
    wipe(home)
    assert not home.exists()


def test_a_second_demo_and_a_taken_port_are_refused_in_one_line(home: Path) -> None:
    port = free_port()
    with a_demo(home, "--port", str(port)) as first:
        assert eventually(first.is_up), first.said()
        for where, said in (
            (home, f"already runs on {home} (process {first.process.pid}); stop it first."),
            (home.with_name("other"), f"Port {port} cannot be used (Address already in use);"),
        ):
            with a_demo(where, "--port", str(port)) as second:
                assert second.process.wait(60) == 2
            assert said in second.said()
            assert second.said().count("\n") == 1
            assert not (where / "logs").exists() or where == home


def test_data_stays_until_it_is_told_to_start_over(home: Path) -> None:
    seen = []
    for arguments in ((), (), ("--fresh",)):
        with a_demo(home, "--port", str(free_port()), *arguments) as demo:
            assert eventually(demo.is_up), demo.said()
            demo.process.send_signal(signal.SIGINT)
            assert demo.process.wait(60) == 0
        kept = keep_secrets(home)["SECRET_KEY"]
        seen.append(("demo1@" in demo.said(), "demo2@" in demo.said(), kept))
    first, second, fresh = seen
    assert first == (True, False, first[2])
    assert second == (False, True, first[2])
    assert fresh[:2] == (True, False)
    assert fresh[2] != first[2]


def test_a_port_that_is_none_is_refused(home: Path) -> None:
    with a_demo(home, "--port", "99999") as demo:
        assert demo.process.wait(60) == 2
    assert "a port is a number from 1 to 65535" in demo.said()


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def test_the_lock_is_free_again_when_its_holder_is_gone(home: Path) -> None:
    with locked(home), pytest.raises(CannotStartError, match="already runs"), locked(home):
        pass
    with locked(home):
        pass


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotStartError, match=rf"Port {port} .*--port"), listening(port):
            pass


def test_secrets_are_kept_for_us_alone(home: Path) -> None:
    home.mkdir()
    first = keep_secrets(home)
    assert keep_secrets(home) == first
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_a_secret_that_an_earlier_version_did_without_is_added(home: Path) -> None:
    home.mkdir()
    first = keep_secrets(home)
    old = {name: value for name, value in first.items() if name != "SECRET_KEYS"}
    (home / "secrets.json").write_text(json.dumps(old))
    now = keep_secrets(home)
    assert {**now, "SECRET_KEYS": ""} == {**first, "SECRET_KEYS": ""}
    assert now["SECRET_KEYS"] not in ("", first["SECRET_KEYS"])
    assert keep_secrets(home) == now


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"SECRET_KEY": "x"}'])
def test_damaged_secrets_are_reported(home: Path, damage: str) -> None:
    home.mkdir()
    (home / "secrets.json").write_text(damage)
    with pytest.raises(CannotStartError, match=r"secrets\.json is damaged; .*--fresh"):
        keep_secrets(home)


def some_parts(home: Path) -> Parts:
    return Parts(
        home=home,
        port=8000,
        listener=7,
        aws_port=9000,
        variables={
            "DATABASE_URL": "postgresql://app@/posture",
            "AWS_ACCESS_KEY_ID": "AKIAFAKE",
            "AWS_SECRET_ACCESS_KEY": "fake",
        },
    )


def test_no_part_can_reach_the_users_own_aws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "AWS_ROLE_ARN"):
        monkeypatch.setenv(name, "the real one")
    monkeypatch.setenv("SECRET_KEY_FILE", "/etc/the-real-key")
    environment = some_parts(tmp_path).environment()
    assert "the real one" not in environment.values()
    assert "SECRET_KEY_FILE" not in environment
    assert environment["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:9000"
    assert environment["AWS_ACCESS_KEY_ID"] == "AKIAFAKE"


@pytest.mark.parametrize("answer", ["", "not json\n", '["a"]\n', '{"email": "x"}\n'])
def test_an_answer_of_the_filling_that_makes_no_sense_is_reported(
    tmp_path: Path, answer: str
) -> None:
    (tmp_path / "filled.json").write_text(answer)
    with pytest.raises(CannotStartError, match="makes no sense"):
        some_parts(tmp_path).login()


def test_a_database_named_without_its_owner_is_refused(home: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "sandbox.demo", "--port", str(free_port())],
        env={**_without_servers(), "DEMO_DATA": str(home), "DATABASE_URL": "postgresql://app@/x"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert ran.stderr.startswith("bin/demo: DATABASE_URL is set but DATABASE_OWNER_URL is not")
