"""What holds for every test: no way out to the network, and a database used as role `app`.

The servers are started by the plugin `sandbox.testing`; this file makes the databases in them.
A test marked `django_db` runs as `app` with row-level security in force, on a copy of a template
that `owner` migrated once per run (`sandbox.databases`). Child processes of a test reach the same
database through DATABASE_URL.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from pytest_django import DjangoDbBlocker

from sandbox.databases import migrated_copy

pytest_plugins = ["sandbox.aws.testing"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let pytest-socket refuse every connection that leaves this machine."""
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Replace pytest-django's own fixture, which would create and use the database as one role."""
    from django.db import connection

    database = migrated_copy(connection, os.environ.get("PYTEST_XDIST_WORKER", "main"))
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(database)
        yield


@pytest.fixture(autouse=True, scope="session")
def product_cost() -> Iterator[dict[str, int]]:
    """Hash passwords at the lowest cost that Argon2 takes; yields the costs of the product.

    At those a hash takes 100 MB and a third of a second of CPU, most of what a page's test took.
    tests/posture/test_commands.py looks at a password of the real cost.
    """
    from django.contrib.auth.hashers import Argon2PasswordHasher

    cheap = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
    real = {name: getattr(Argon2PasswordHasher, name) for name in cheap}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cheap.items():
            patch.setattr(Argon2PasswordHasher, name, value)
        yield real
