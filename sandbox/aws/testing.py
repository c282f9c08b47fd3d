"""Pytest fixtures: one fake AWS per process, because moto's state is the process's, emptied for each test."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws


@pytest.fixture(scope="session")
def fake_aws_server() -> "Iterator[FakeAws]":
    """The running fake AWS of this process; tests take `fake_aws` instead."""
    from sandbox.aws.client import FakeAws  # importing moto takes a second that few tests need

    with FakeAws.start() as fake:
        yield fake


@pytest.fixture
def fake_aws(fake_aws_server: "FakeAws") -> "FakeAws":
    """A fake AWS without accounts, sessions, faults or calls."""
    fake_aws_server.reset()
    return fake_aws_server
