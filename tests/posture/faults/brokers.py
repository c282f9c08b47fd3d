"""Where this process publishes, and brokers that go away and come back."""

from collections.abc import Iterator
from contextlib import contextmanager

from posture.celery import app


@contextmanager
def publishing_to(url: str) -> Iterator[None]:
    """Within the block, what this process publishes goes to that broker."""
    before = app.conf["broker_write_url"]
    app.conf["broker_write_url"] = url
    try:
        yield
    finally:
        app.conf["broker_write_url"] = before
