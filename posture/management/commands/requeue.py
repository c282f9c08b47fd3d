"""manage.py requeue ID... or --reason CODE --since TIME: start scans again."""

import uuid
from collections import Counter
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime

from posture.operation.requeueing import Requeued, failed_since, requeue


class Command(BaseCommand):
    """Brings scans back on their way, by id or by the reason for which they failed."""

    help = (
        "Start scans again: those with the ids that are given, or all that failed for a reason since "
        "a time. A waiting scan gets its message again; for a failed one a new scan of its account "
        "is asked for. Says what it would do; --apply does it. Exit code 1 when a scan is unknown or "
        "its account cannot be scanned."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ids, or reason and time."""
        parser.add_argument("scan", nargs="*", type=uuid.UUID, help="ids of scans")
        parser.add_argument("--reason", help="a reason code, such as worker_lost or internal")
        parser.add_argument("--since", type=_moment, help="2026-11-27T06:00Z; needed with --reason")
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args: object, **options: Any) -> None:
        """Do it, and print how many went which way."""
        apply: bool = options["apply"]
        done = requeue(scans=_wanted(options), apply=apply)
        for outcome, count in sorted(Counter(one.outcome for one in done).items()):
            self.stdout.write(f"{count:6}  {outcome}")
        if not done:
            self.stdout.write("No scan failed for that reason since then.")
        if not apply:
            self.stdout.write("Nothing was changed; add --apply to do it.")
        _complain([one for one in done if one.refused])


def _wanted(options: dict[str, Any]) -> list[uuid.UUID]:
    by_reason = options["reason"] is not None or options["since"] is not None
    if by_reason == bool(options["scan"]) or (by_reason and None in _both(options)):
        message = "Give ids of scans, or --reason together with --since."
        raise CommandError(message)
    if not by_reason:
        return list(options["scan"])
    return failed_since(code=options["reason"], since=options["since"])


def _both(options: dict[str, Any]) -> tuple[object, object]:
    return options["reason"], options["since"]


def _complain(refused: list[Requeued]) -> None:
    if refused:
        names = ", ".join(str(one.scan) for one in refused[:10])
        more = f" and {len(refused) - 10} more" if len(refused) > 10 else ""  # noqa: PLR2004 - a line
        message = f"Not started: {names}{more}."
        raise CommandError(message)


def _moment(text: str) -> datetime:
    """Read an aware moment; ValueError for anything else, which argparse turns into a message."""
    moment = parse_datetime(text)
    if moment is None or moment.tzinfo is None:
        raise ValueError(text)
    return moment
