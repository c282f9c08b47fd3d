"""Runs the same thing in several threads at the same moment, each with its own connection."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def at_once(work: Callable[[], T], times: int = 2) -> list[T]:
    """Return what each call returned; raises what any of them raised."""
    ready = threading.Barrier(times)

    def together() -> T:
        try:
            connection.ensure_connection()
            ready.wait(timeout=10)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(together) for _ in range(times)]]


def in_its_own_connection(work: Callable[[], T]) -> T:
    """Do the work, and close the connection that this thread opened for it."""
    try:
        return work()
    finally:
        connection.close()
