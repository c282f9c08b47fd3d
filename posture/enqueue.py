"""Hands ids to Celery when the transaction commits; what gets lost is published again by the tick."""

import logging
import uuid
from functools import partial

from django.db import transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from posture.celery import app

log = logging.getLogger(__name__)

# A caller may be a person who waits for a page: a broker that does not answer costs a second.
_IMPATIENT = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "health_check_interval": 0,
    "max_retries": 0,
}


def enqueue(task: str, row: uuid.UUID) -> None:
    """Send a task by name, with the id of its row and nothing else, when the transaction commits."""
    transaction.on_commit(partial(publish, task, row))


def publish(task: str, row: uuid.UUID) -> bool:
    """Send now; False when the broker did not take it, which is logged and made up for later."""
    try:
        with app.connection_for_write(transport_options=_IMPATIENT) as connection:
            app.send_task(task, args=[str(row)], connection=connection, retry=False)
    except (KombuError, RedisError, OSError) as error:
        log.warning("not published", extra={"task": task, "row": str(row), "error": str(error)})
        return False
    return True
