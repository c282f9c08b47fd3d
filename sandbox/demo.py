"""The demo: every part of the product on this machine, with a fake AWS in place of the real one.

`bin/demo` runs this. One process starts PostgreSQL, Valkey, the fake AWS, a Celery worker, beat
and the web server, fills in two seller accounts, and stops all of it again.

The filling is `python -m sandbox.demo_data`: it finds the product and the fake AWS through its
environment, ends when the first scans have ended, and prints one JSON line with `email` and
`password`.
"""

import argparse
import http.client
import os
import shutil
import sys
import webbrowser
from contextlib import ExitStack, suppress
from pathlib import Path

from sandbox.children import CannotStartError
from sandbox.demo_home import keep_secrets, listening, locked, wipe
from sandbox.demo_parts import ROOT, Login, Parts
from sandbox.services import servers
from sandbox.supervisor import LostError, StoppedError, Supervisor
from sandbox.valkey import free_port


def main(arguments: list[str], kind: type[Parts] = Parts) -> int:
    """Run the demo until it is told to stop.

    Returns 0 then, 1 when a part that the others need was lost, 2 when it cannot start. `kind`
    says what the parts are; DEMO_DATA names another directory than .data/demo.
    """
    options = _parse(arguments)
    supervisor = Supervisor()
    supervisor.obey_signals()
    try:
        with suppress(StoppedError):
            _run(options, kind, supervisor)
    except LostError as error:
        print(f"bin/demo: {error}", file=sys.stderr)
        return 1
    except CannotStartError as error:
        print(f"bin/demo: {error}", file=sys.stderr)
        return 2
    print("Stopped. The data stays for the next bin/demo; --fresh starts over.")
    return 0


def _run(options: argparse.Namespace, kind: type[Parts], supervisor: Supervisor) -> None:
    """Claim what we need, start everything, and leave only by one of the exceptions of `main`."""
    home = Path(os.environ.get("DEMO_DATA", ROOT / ".data" / "demo")).resolve()
    with ExitStack() as claims:
        claims.enter_context(locked(home))
        listener = claims.enter_context(listening(options.port))
        if options.fresh:
            wipe(home)
        _make(home)
        kept = keep_secrets(home)
        print("Starting PostgreSQL and Valkey")
        running = claims.enter_context(servers(home / "postgres"))
        claims.callback(supervisor.stop)
        for child in running.children:
            supervisor.adopt(child)
        parts = kind(
            home=home,
            port=options.port,
            listener=listener.fileno(),
            aws_port=free_port(),
            variables={**running.variables, **kept},
        )
        _greet(parts, _start(parts, supervisor), browser=options.browser)
        supervisor.watch()


def _start(parts: Parts, supervisor: Supervisor) -> Login:
    print("Starting the fake AWS and bringing the database up to date")
    aws = supervisor.start(parts.fake_aws())
    supervisor.run(parts.migrate())
    print("Starting worker, beat and web server")
    for command in (parts.worker(), parts.beat(), parts.web()):
        supervisor.start(command, restart=True)
    supervisor.wait_until(lambda: _says_ready(aws.command.log), "The fake AWS")
    print("Connecting and scanning the two demo accounts")
    supervisor.run(parts.fill())
    supervisor.wait_until(lambda: _answers(parts.port), "The web server")
    return parts.login()


def _greet(parts: Parts, login: Login, *, browser: bool) -> None:
    print(f"\n  Seller Posture   {parts.url}")
    print(f"  Sign in as       {login.email}")
    print(f"  Password         {login.password}\n")
    print(f"Mails go to {parts.home / 'mails'}, logs to {parts.home / 'logs'}.")
    print("Ctrl-C stops the demo.", flush=True)
    if browser and ("DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ):
        webbrowser.open(parts.url)


def _says_ready(log: Path) -> bool:
    return any(line.startswith("ready ") for line in log.read_text().splitlines())


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz/live")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _make(home: Path) -> None:
    """Make the directories; PostgreSQL's user has to pass through `home`, but not to read it."""
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    shutil.rmtree(home / "logs", ignore_errors=True)
    for name in ("logs", "snapshots", "mails"):
        (home / name).mkdir(mode=0o700, exist_ok=True)
    (home / "filled.json").unlink(missing_ok=True)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bin/demo", description="Show the dashboard on 127.0.0.1.")
    parser.add_argument("--port", type=_port, default=8000, help="default: 8000")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier demos left")
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="open no browser"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    message = "a port is a number from 1 to 65535"
    raise argparse.ArgumentTypeError(message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
