"""Pytest plugin: one PostgreSQL and one Valkey per run, there before Django reads its settings.

pyproject.toml names it with `-p sandbox.testing`, because a conftest would be too late. Every test
run gets fresh secrets, `DATABASE_URL` (role `app`), `DATABASE_OWNER_URL` (role `owner`) and
`REDIS_URL`; see `sandbox.services.for_tests`. Servers that the environment already names are used
instead. xdist workers share the servers of their controller: each has a Valkey database number and
(see tests/conftest.py) a PostgreSQL database of its own. `--no-services` starts nothing, for tests
that need no database.
"""

import os
import secrets
from collections.abc import Generator
from contextlib import ExitStack
from urllib.parse import urlsplit, urlunsplit

import pytest

from sandbox.children import CannotStartError
from sandbox.databases import RUN, drop_all
from sandbox.services import for_tests


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--no-services`."""
    parser.addoption(
        "--no-services",
        action="store_true",
        help="start no PostgreSQL and no Valkey; for tests that need no database",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Prepare the environment before pytest-django loads the settings."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        _prepare(early_config)
    else:
        _use_own_valkey_database(int(worker.removeprefix("gw")))
    return (yield)


def _prepare(config: pytest.Config) -> None:
    """Start the servers; they stop when pytest ends, after Ctrl-C and usage errors too."""
    options = config.known_args_namespace
    start = not (options.no_services or options.help or options.version)
    borrowed = start and "DATABASE_URL" in os.environ
    running = ExitStack()
    config.add_cleanup(running.close)
    try:
        environment = running.enter_context(for_tests(start=start))
    except CannotStartError as error:
        raise pytest.UsageError(str(error)) from error
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    os.environ.update(environment)
    os.environ[RUN] = f"test_posture_{secrets.token_hex(4)}"
    if borrowed:  # our own server takes its databases with it
        running.callback(drop_all, environment["DATABASE_OWNER_URL"], os.environ[RUN])


def _use_own_valkey_database(number: int) -> None:
    for name in ("REDIS_URL", "CACHE_URL"):
        server = urlsplit(os.environ[name])
        os.environ[name] = urlunsplit(server._replace(path=f"/{number}"))
