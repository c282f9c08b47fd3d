"""A worker that stands by for the tests of faults, on a broker that only they use.

It is started once for each process of the test run: a fault ends its child, which it replaces at
once. Its own broker can be emptied, stopped and started without another test noticing.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import LazySettings

from posture.models import Account
from sandbox.valkey import Valkey, valkey
from tests.posture.faults.brokers import publishing_to
from tests.posture.faults.scans import a_small_seller
from tests.posture.faults.trees import an_impatient_version
from tests.posture.rows import an_organisation
from tests.posture.workers import Worker, a_worker

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

PLAIN = "777788889999"


@pytest.fixture(scope="session")
def own_broker() -> Iterator[Valkey]:
    """A server of the tests of faults alone."""
    with valkey() as server:
        yield server


@pytest.fixture(scope="session")
def worker_environment(fake_aws_server: "FakeAws", own_broker: Valkey) -> dict[str, str]:
    """What makes a process a worker of these tests."""
    return {**fake_aws_server.environment(), "REDIS_URL": own_broker.url()}


@pytest.fixture(scope="session")
def crew(
    django_db_setup: None,
    worker_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Worker]:
    """The worker that stands by; tests take `worker`."""
    folder = tmp_path_factory.mktemp("crew")
    tree = an_impatient_version(folder / "tree")
    with a_worker(folder, worker_environment, tree) as standing:
        yield standing


@pytest.fixture
def broker(own_broker: Valkey, settings: LazySettings) -> Iterator["redis.Redis"]:
    """That server, emptied; what this process publishes goes there, and again after a second."""
    settings.REPUBLISH_SECONDS = 1
    url = own_broker.url()
    with publishing_to(url), redis.Redis.from_url(url) as server:
        server.flushall()
        yield server
        server.flushall()


@pytest.fixture
def worker(crew: Worker, broker: "redis.Redis") -> Worker:
    """A worker that waits for messages."""
    assert crew.is_alive, crew.last_words()
    return crew


@pytest.fixture
def aws(fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> Iterator["FakeAws"]:
    """The fake AWS, as the scanner of this process sees it, with a seller that has many faults."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("larkfield")
    yield fake_aws
    fake_aws.clear_faults()


@pytest.fixture
def seller(db: None, aws: "FakeAws") -> Account:
    """A connected account with faults in every topic, in one region."""
    return a_small_seller(aws, an_organisation("Larkfield"))


@pytest.fixture
def plain(db: None, aws: "FakeAws") -> Account:
    """A connected account with a handful of findings, which is read in half of that again."""
    return a_small_seller(aws, an_organisation("Plain"), PLAIN)
