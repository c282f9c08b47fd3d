"""Fills the demo the way a customer would: connect, test the role, schedule, scan.

`python -m sandbox.demo_data` runs against the web of parts that sandbox/demo.py has started; the
scans go through the real worker. Between the first and the second scan of the first account its
owner fixes three faults (sandbox/demo_fixes.py), and a read action goes missing from the role, so
that the dashboard has something to say about change and about what it could not see.

It may run again on kept data: the fake AWS forgets its roles with every start, so they are made
anew, and only what is missing is added. Prints one JSON line.
"""

import json
import os
import sys
import time
import uuid
from dataclasses import dataclass

import django

from sandbox.aws.client import FakeAws
from sandbox.aws.roles import DEFAULT_NAME

PATIENCE_SECONDS = 120
EMAIL = "demo@example.com"
PASSWORD = "see what a buyer sees"
COMPANY = "Larkfield Analytics"
MISSING = "ec2:DescribeSnapshotAttribute"


@dataclass(frozen=True)
class Demo:
    """One account of the demo and what its owner says about it."""

    number: str
    label: str
    sells: tuple[str, ...]
    zone: str


ACCOUNTS = (
    Demo("111122223333", "larkfield-seller", ("saas_subscription", "ami"), "Europe/Stockholm"),
    Demo("444455556666", "brightwater-seller", ("saas_contract_usage", "ami"), "America/New_York"),
)


def main() -> int:
    """Fill the demo; returns 0, or 1 with the reason on stderr when a scan did not work out."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "posture.settings")
    django.setup()
    from sandbox.demo_fixes import fix_some_faults

    organisation, user = _company()
    first = [scan for demo in ACCOUNTS if (scan := _connect_and_scan(organisation, user, demo))]
    failures = _wait_for(organisation, first)
    fix_some_faults(FakeAws(os.environ["AWS_ENDPOINT_URL"]), ACCOUNTS[0].number)
    _make_role(organisation, ACCOUNTS[0].number, without=MISSING)
    _make_other_roles(organisation)
    if first and not failures:
        failures = _wait_for(organisation, [_scan_again(organisation, user, ACCOUNTS[0])])
    if failures:
        print("\n".join(failures), file=sys.stderr)
        return 1
    print(json.dumps({"email": EMAIL, "password": PASSWORD}))
    return 0


def _company() -> tuple[uuid.UUID, uuid.UUID]:
    """Return the ids of organisation and user, making them the first time."""
    from posture import access
    from posture.models import Membership, Organisation, User

    user = User.objects.filter(email=EMAIL).first()
    if user is not None:
        return access.organisations_of(user)[0], user.pk
    user = User.objects.create_user(EMAIL, PASSWORD, name="Demo owner")
    organisation = Organisation(name=COMPANY)
    with access.within(organisation):
        organisation.save(force_insert=True)
        Membership.objects.create(organisation=organisation, user=user, role="owner")
    return organisation.pk, user.pk


def _connect_and_scan(organisation: uuid.UUID, user: uuid.UUID, demo: Demo) -> uuid.UUID | None:
    """Connect the account if it is not, and start its first scan; None when it has had one."""
    from posture import access, connections
    from posture.models import Account, Organisation, Scan, User
    from posture.scans import request_scan

    with access.within(organisation):
        person = User.objects.get(pk=user)
        if not Account.objects.filter(aws_account=demo.number).exists():
            connections.begin(
                organisation=Organisation.objects.get(pk=organisation),
                by=person,
                aws_account=demo.number,
                label=demo.label,
                product_types=demo.sells,
            )
    role = _make_role(organisation, demo.number)
    with access.within(organisation):
        account = Account.objects.get(aws_account=demo.number)
    if account.state != Account.State.CONNECTED:
        result = connections.test(account=account, role_arn=role, by=person)
        if not result.ok:
            message = f"{demo.label} could not be connected: {result.message} {result.advice}"
            raise SystemExit(message)
    with access.within(organisation):
        account.refresh_from_db()
        if Scan.objects.filter(account=account).exists():
            return None
        connections.set_schedule(account=account, by=person, preset="daily", zone=demo.zone)
        return request_scan(account=account, by=person, trigger=Scan.Trigger.FIRST)[0].pk


def _make_role(organisation: uuid.UUID, number: str, without: str = "") -> str:
    """Give the fake AWS the role of our template, less one action; returns its ARN."""
    from posture import access
    from posture.models import Account
    from scanner.role import policy_document

    with access.within(organisation):
        account = Account.objects.get(aws_account=number)
    policy = json.loads(json.dumps(policy_document()))
    for statement in policy["Statement"]:
        statement["Action"] = [one for one in statement["Action"] if one != without]
    return FakeAws(os.environ["AWS_ENDPOINT_URL"]).create_scan_role(
        account=number,
        external_id=account.external_id,
        policy_document=policy,
        principal_arn=os.environ["SCANNER_PRINCIPAL_ARN"],
        role_name=account.role_arn.rpartition("/")[2] or DEFAULT_NAME,
    )


def _make_other_roles(organisation: uuid.UUID) -> None:
    """Accounts that the visitor connected in an earlier run keep working, too."""
    from posture import access
    from posture.models import Account

    ours = [demo.number for demo in ACCOUNTS]
    with access.within(organisation):
        others = Account.objects.exclude(aws_account__in=ours).exclude(role_arn="")
        numbers = list(others.values_list("aws_account", flat=True))
    for number in numbers:
        _make_role(organisation, number)


def _scan_again(organisation: uuid.UUID, user: uuid.UUID, demo: Demo) -> uuid.UUID:
    from posture import access
    from posture.models import Account, Scan, User
    from posture.scans import request_scan

    with access.within(organisation):
        account = Account.objects.get(aws_account=demo.number)
        person = User.objects.get(pk=user)
        return request_scan(account=account, by=person, trigger=Scan.Trigger.MANUAL)[0].pk


def _wait_for(organisation: uuid.UUID, scans: list[uuid.UUID]) -> list[str]:
    """Wait until the scans have ended; return a line for each that did not succeed."""
    from posture import access
    from posture.models import Scan

    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        with access.within(organisation):
            rows = list(Scan.objects.filter(pk__in=scans).select_related("account"))
        waiting = [row for row in rows if row.is_active]
        if not waiting:
            bad = [row for row in rows if row.state not in {"done", "partial"}]
            return [f"The scan of {row.account.label} {row.state}: {row.reason}" for row in bad]
        if time.monotonic() > until:
            return [f"The scan of {row.account.label} is still {row.state}." for row in waiting]
        time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
