"""The commands that make up the demo, and the environment that they share."""

import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.children import CannotStartError, Command
from sandbox.services import SCANNER_PRINCIPAL_ARN, own_environment

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Login:
    """How to sign in to the demo."""

    email: str
    password: str


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Says what to run; starts nothing.

    `home` holds logs and data, `listener` is the file descriptor of the socket on `port`, the fake
    AWS gets `aws_port`, and `variables` are the addresses of the servers and the kept secrets.
    """

    home: Path
    port: int
    listener: int
    aws_port: int
    variables: Mapping[str, str]

    @property
    def url(self) -> str:
        """The address of the dashboard."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of every part."""
        aws = f"http://127.0.0.1:{self.aws_port}"
        return {
            **own_environment(),
            **self.variables,
            "DEMO": "on",
            "SECURE": "off",
            "BASE_URL": self.url,
            "SNAPSHOT_DIR": str(self.home / "snapshots"),
            "EMAIL_URL": (self.home / "mails").as_uri(),
            "SCANNER_PRINCIPAL_ARN": SCANNER_PRINCIPAL_ARN,
            "AWS_ENDPOINT_URL": aws,
            "SANDBOX_URL": f"{aws}/_sandbox/",
            "AWS_DEFAULT_REGION": "us-east-1",
            "LEASE_SECONDS": "30",  # a scan that an earlier demo left is taken up again soon
            "TICK_SECONDS": "5",
            "REMAP_SIGTERM": "SIGQUIT",  # a worker that is stopped hands its scans on
            "SOFT_SHUTDOWN_SECONDS": "5",
            "PYTHONUNBUFFERED": "1",
        }

    def fake_aws(self) -> Command:
        """The fake AWS; prints a line that begins with `ready` when it serves."""
        return self._python(
            "fake AWS",
            *("-m", "sandbox.aws", "--port", str(self.aws_port), "--seed", "demo"),
            *("--access-key", self.variables["AWS_ACCESS_KEY_ID"]),
            *("--secret-key", self.variables["AWS_SECRET_ACCESS_KEY"]),
        )

    def migrate(self) -> Command:
        """The step that brings the database up to date, as role `owner`."""
        return self._python("migrate", "manage.py", "migrate", "--no-input")

    def worker(self) -> Command:
        """The Celery worker; when we are killed it drops its scans, whose leases then end."""
        return self._python(
            "worker",
            *("-m", "celery", "-A", "posture", "worker", "-Q", "scan,deliver,house"),
            *("--pool", "prefork", "-c", "2", "--without-gossip", "--without-mingle"),
            orphan_signal=signal.SIGQUIT,
        )

    def beat(self) -> Command:
        """Celery beat, which only ticks."""
        return self._python("beat", "-m", "celery", "-A", "posture", "beat")

    def web(self) -> Command:
        """The web server, on the socket that we already listen on."""
        bind = ("--bind", f"fd://{self.listener}")
        return self._python("web", "-m", "gunicorn", "posture.wsgi", *bind, keep=(self.listener,))

    def fill(self) -> Command:
        """The step that fills in the accounts; ends when their first scans have ended."""
        return self._python("fill", "-m", "sandbox.demo_data", output=self.home / "filled.json")

    def log(self, name: str) -> Path:
        """Return the log file of the part called `name`."""
        return self.home / "logs" / f"{name.replace(' ', '-')}.log"

    def login(self) -> Login:
        """Return what `fill` printed; CannotStartError when that makes no sense."""
        text = (self.home / "filled.json").read_text()
        try:
            filled = json.loads(text.splitlines()[-1])
            return Login(str(filled["email"]), str(filled["password"]))
        except (ValueError, LookupError, TypeError) as error:
            message = f"The accounts were filled in, but the answer makes no sense: {text!r}"
            raise CannotStartError(message) from error

    def _python(
        self,
        name: str,
        *arguments: str,
        output: Path | None = None,
        keep: tuple[int, ...] = (),
        orphan_signal: signal.Signals = signal.SIGTERM,
    ) -> Command:
        return Command(
            name=name,
            argv=(sys.executable, *arguments),
            log=self.log(name),
            cwd=ROOT,
            env=self.environment(),
            output=output,
            keep=keep,
            orphan_signal=orphan_signal,
        )
