"""PostgreSQL and Valkey for one command or one test run, told apart only by the environment.

python -m sandbox.services -- COMMAND...   runs COMMAND with servers of its own and test settings
"""

import os
import secrets
import signal
import subprocess
import sys
from base64 import b32encode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from sandbox.children import CannotStartError, Child
from sandbox.postgres import postgres
from sandbox.scratch import scratch
from sandbox.valkey import valkey

SCANNER_PRINCIPAL_ARN = "arn:aws:iam::999988887777:user/seller-posture"
_FOREIGN = ("AWS_", "PGHOST", "PGPORT", "PGUSER", "PGPASS", "PGDATABASE", "PGSERVICE", "PGOPTIONS")
SETTINGS = {
    "ALLOWED_HOSTS",
    "BASE_URL",
    "BEHIND_PROXY",
    "CACHE_URL",
    "CSRF_TRUSTED_ORIGINS",
    "DATABASE_OWNER_URL",
    "DATABASE_URL",
    "DEBUG",
    "DEMO",
    "EMAIL_URL",
    "HEARTBEAT_SECONDS",
    "HSTS_SECONDS",
    "IDLE_MINUTES",
    "LEASE_SECONDS",
    "LOG_LEVEL",
    "MAIL_FROM",
    "METRICS_NETWORKS",
    "METRICS_TOKEN",
    "RATE_CEILINGS",
    "RATE_LIMITS",
    "REDIS_URL",
    "REPUBLISH_SECONDS",
    "RETRY_SECONDS",
    "ROLE_TEMPLATE_URL",
    "SCANNER_PRINCIPAL_ARN",
    "SCANS_PER_ORGANISATION",
    "SCAN_CONCURRENCY",
    "SECRET_KEY",
    "SECRET_KEYS",
    "SECRET_KEY_FALLBACKS",
    "SECURE",
    "SESSION_HOURS",
    "SNAPSHOT_DIR",
    "SNAPSHOT_KEEP_DAYS",
    "SNAPSHOT_KEEP_NEWEST",
    "SNAPSHOT_STORAGE_URL",
    "SOFT_SHUTDOWN_SECONDS",
    "SSO_ALLOWED_NETWORKS",
    "TICK_LATE_SECONDS",
    "TICK_SECONDS",
    "TOKEN_PEPPERS",
    "TRUSTED_PROXIES",
}
_LOOPBACK = "127.0.0.1,localhost"


@dataclass(frozen=True)
class Servers:
    """The servers in use: how to reach them, and those that are children of ours."""

    variables: Mapping[str, str]
    children: tuple[Child, ...]


_NOBODY = Servers(
    {
        "DATABASE_URL": "postgresql://app@127.0.0.1:1/posture",
        "DATABASE_OWNER_URL": "postgresql://owner@127.0.0.1:1/posture",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    },
    children=(),
)


@contextmanager
def servers(keep: Path | None = None) -> Iterator[Servers]:
    """Yield the servers that DATABASE_URL and REDIS_URL name; start those that are not named.

    `keep` is where the database lives when it is to survive. Raises CannotStartError.
    """
    variables: dict[str, str] = {}
    children: list[Child] = []
    with ExitStack() as stack:
        if "DATABASE_URL" in os.environ:
            variables |= _named_database()
        else:
            database = stack.enter_context(postgres(keep))
            children.append(database.child)
            variables["DATABASE_URL"] = database.url("app")
            variables["DATABASE_OWNER_URL"] = database.url("owner")
        if "REDIS_URL" in os.environ:
            variables["REDIS_URL"] = os.environ["REDIS_URL"]
        else:
            broker = stack.enter_context(valkey())
            children.append(broker.child)
            variables["REDIS_URL"] = broker.url()
        yield Servers(variables, tuple(children))


@contextmanager
def for_tests(*, start: bool = True) -> Iterator[dict[str, str]]:
    """Yield the whole environment of a test run whose servers live as long as the block.

    With `start` off there are no servers, and addresses at which nobody answers.
    """
    with servers() if start else nullcontext(_NOBODY) as running, scratch() as home:
        yield {
            **own_environment(),
            **running.variables,
            **generate_secrets(),
            "CACHE_URL": running.variables["REDIS_URL"],
            "ALLOWED_HOSTS": f"{_LOOPBACK},testserver",
            "SECURE": "off",
            "SCANNER_PRINCIPAL_ARN": SCANNER_PRINCIPAL_ARN,
            "SNAPSHOT_DIR": str(home / "snapshots"),
            "EMAIL_URL": "memorymail://",
            "LEASE_SECONDS": "2",
            "RATE_LIMITS": ",".join(f"{who}=9999/9999" for who in ("token", "user", "address")),
            "RETRY_SECONDS": "0.2",
            "AWS_DEFAULT_REGION": "us-east-1",
            "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
        }


def own_environment() -> dict[str, str]:
    """Return our environment without the user's own settings, AWS and PostgreSQL.

    Profiles, real credentials and the metadata service stay out of reach, and no proxy stands
    between us and 127.0.0.1.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name.removesuffix("_FILE") not in SETTINGS
    }
    return kept | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), _LOOPBACK))),
        "no_proxy": ",".join(filter(None, (os.environ.get("no_proxy"), _LOOPBACK))),
    }


def generate_secrets() -> dict[str, str]:
    """Return fresh values for the secrets of the settings and of the fake AWS."""
    return {
        "SECRET_KEY": secrets.token_hex(32),
        "TOKEN_PEPPERS": f"1:{secrets.token_hex(32)}",
        "SECRET_KEYS": f"1:{b64encode(secrets.token_bytes(32)).decode()}",
        "AWS_ACCESS_KEY_ID": f"AKIA{b32encode(secrets.token_bytes(10)).decode()}",
        "AWS_SECRET_ACCESS_KEY": secrets.token_hex(20),
    }


def _named_database() -> dict[str, str]:
    if "DATABASE_OWNER_URL" not in os.environ:
        message = (
            "DATABASE_URL is set but DATABASE_OWNER_URL is not: name the role that migrates "
            "(sandbox/postgres-init.sql makes both), or unset DATABASE_URL."
        )
        raise CannotStartError(message)
    return {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL")}


def _run(command: list[str], environment: Mapping[str, str]) -> int:
    """Run `command` to its end and return its exit code; what ends us ends all of it."""
    try:
        process = subprocess.Popen(command, env=environment, start_new_session=True)
    except OSError as error:
        message = f"{command[0]} cannot be run: {error.strerror}"
        raise CannotStartError(message) from error

    def forward(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    return process.wait()


def main(arguments: list[str]) -> int:
    """Run the command after `--`; return its exit code, or 2 when a server does not start."""
    if arguments[:1] != ["--"] or len(arguments) == 1:
        print("usage: python -m sandbox.services -- COMMAND...", file=sys.stderr)
        return 2
    try:
        with for_tests() as environment:
            code = _run(arguments[1:], environment)
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # while the servers started; later it goes to the command
        return 130
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
