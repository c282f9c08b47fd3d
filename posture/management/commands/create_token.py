"""manage.py create_token NAME --organisation ID --scope SCOPE: issue an API token."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from posture import tokens
from posture.models import Account, Organisation, ServiceAccount
from posture.models.tenancy import within


class Command(BaseCommand):
    """Issues a token; its text is printed once and kept nowhere."""

    help = "Issue an API token and print it; it cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take name, organisation, scopes, accounts, networks, service account and days."""
        parser.add_argument("name", help="who will use it")
        parser.add_argument("--organisation", required=True, type=uuid.UUID, help="its id")
        parser.add_argument("--scope", required=True, action="append", choices=tokens.SCOPES)
        parser.add_argument(
            "--account", action="append", default=[], help="12 digits; without it: all accounts"
        )
        parser.add_argument(
            "--network", action="append", default=[], help="CIDR; without it: from everywhere"
        )
        parser.add_argument(
            "--service-account", metavar="NAME", help="whose it is; without it: one of its own name"
        )
        parser.add_argument("--days", type=int, default=tokens.DEFAULT_DAYS)

    def handle(self, *args: object, **options: Any) -> None:
        """Issue it."""
        with within(options["organisation"]):
            organisation = Organisation.objects.filter(pk=options["organisation"]).first()
            if organisation is None:
                message = f"There is no organisation {options['organisation']}."
                raise CommandError(message)
            try:
                owner = _owner(organisation, options["service_account"])
                _, text = tokens.issue(
                    organisation=organisation,
                    by=None,
                    name=options["name"],
                    scopes=options["scope"],
                    accounts=_accounts(options["account"]),
                    networks=options["network"],
                    days=options["days"],
                    owner=owner,
                )
            except ValueError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(text)


def _owner(organisation: Organisation, name: str | None) -> ServiceAccount | None:
    if name is None:
        return None
    found = ServiceAccount.objects.filter(organisation=organisation, name=name).first()
    if found is None:
        message = f"This organisation has no service account {name}."
        raise CommandError(message)
    return found


def _accounts(numbers: list[str]) -> list[Account]:
    found = {one.aws_account: one for one in Account.objects.filter(aws_account__in=numbers)}
    missing = sorted(set(numbers) - found.keys())
    if missing:
        message = f"This organisation has no account {', '.join(missing)}."
        raise CommandError(message)
    return list(found.values())
