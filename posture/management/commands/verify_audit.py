"""manage.py verify_audit [--organisation ID] [--heads FILE]: look for rows that were touched."""

import uuid
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture.operation.verifying_audit import Link, NoHeadsError, read_heads, verify_all


class Command(BaseCommand):
    """Verifies the chains of the audit log and prints their heads."""

    help = (
        "Verify the audit log. Prints a line for each organisation: its id, the number and the hash "
        "of its last event. Keep these lines on another machine: --heads FILE compares with lines "
        "kept earlier, which is how a cut end, or a chain that was made anew, is seen. Exit code 1 "
        "when a chain is broken, with its first broken number."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take an organisation and a file of heads."""
        parser.add_argument("--organisation", type=uuid.UUID, help="its id; without it: all")
        parser.add_argument("--heads", type=Path, help="lines of an earlier run")

    def handle(self, *args: object, **options: Any) -> None:
        """Verify, print heads, and complain."""
        broken = 0
        seen = False
        for one in verify_all(only=options["organisation"], kept=_kept(options["heads"])):
            seen = True
            if one.broken is None:
                self.stdout.write(f"{one.organisation} {one.head.number} {one.head.hash}")
            else:
                broken += 1
                self.stderr.write(f"{one.organisation}: event {one.broken} is broken: {one.why}.")
        if options["organisation"] is not None and not seen:
            message = f"There is no organisation {options['organisation']}."
            raise CommandError(message)
        if broken:
            message = f"The audit log of {broken} organisation(s) is broken."
            raise CommandError(message)


def _kept(file: Path | None) -> dict[uuid.UUID, Link]:
    if file is None:
        return {}
    try:
        with file.open(encoding="utf-8") as lines:
            return read_heads(lines)
    except (OSError, UnicodeDecodeError, NoHeadsError) as error:
        message = f"{file} cannot be read: {error}"
        raise CommandError(message) from error
