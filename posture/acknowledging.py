"""Messages that cannot be acknowledged: the worker connects anew instead of waiting for ever.

A worker takes as many messages as it has children, less those that it has not acknowledged. When
Redis is silent while one is acknowledged, Celery writes that to the log and goes on with the same
connection, on which that message counts for good: the child is idle and nothing is taken any more.
"""

from logging import Logger
from typing import Any

from celery.utils.log import get_logger
from celery.worker.request import Request as CeleryRequest

log: Logger = get_logger("celery.worker.request")
NO_ERRORS: tuple[type[Exception], ...] = ()


class Request(CeleryRequest):
    """A message in hand whose failures to be acknowledged end the connection.

    The worker then connects anew and counts from nothing. What it did is in the database, so the
    message, which Redis hands out again, finds nothing to do.
    """

    def acknowledge(self) -> None:
        """Say that the message is dealt with; raises what the connection raises."""
        if not self.acknowledged:
            self.on_ack(log, NO_ERRORS)
            self.acknowledged = True

    def reject(self, requeue: Any = False) -> None:  # noqa: FBT002 - Celery's own signature
        """Give the message back, or drop it; raises what the connection raises."""
        if not self.acknowledged:
            self.on_reject(log, NO_ERRORS, requeue)
            self.acknowledged = True
            self.send_event("task-rejected", requeue=requeue)
