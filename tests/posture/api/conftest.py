"""Two organisations with an account, a scan and findings each, and clients with tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from posture import tokens
from posture.models import (
    Account,
    ApiToken,
    Finding,
    FindingEvent,
    Organisation,
    Scan,
    Schedule,
    ScorePoint,
    fingerprint,
)
from posture.models.tenancy import within

LONG_AGO = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)
QUEUE = "arn:aws:sqs:us-east-1:{account}:{name}"


@dataclass
class Company:
    """One organisation, its account, and what a scan of it found."""

    organisation: Organisation
    account: Account
    scan: Scan
    findings: list[Finding]


class Api:
    """A client that sends a bearer token and JSON, and reads JSON."""

    def __init__(self, text: str | None) -> None:
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        self.client = Client(headers=headers, raise_request_exception=True)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def send(self, method: str, path: str, body: object) -> Any:
        text = body if isinstance(body, str) else json.dumps(body)
        return self.client.generic(method, f"/api/v1/{path}", text, "application/json")


def a_finding(company_account: Account, scan: Scan, name: str, **fields: Any) -> Finding:
    """Store an open finding of SQS-03 on a queue, with its opening event."""
    resource = QUEUE.format(account=company_account.aws_account, name=name)
    control = fields.get("control", "SQS-03")
    rank = {"critical": 0, "high": 1, "medium": 2, "low": 3}[fields.get("severity", "critical")]
    finding = Finding.objects.create(
        **{
            "organisation_id": company_account.organisation_id,
            "account": company_account,
            "control": control,
            "topic": "sqs",
            "resource": resource,
            "resource_name": name,
            "region": "us-east-1",
            "severity": "critical",
            "severity_rank": rank,
            "fingerprint": fingerprint(
                partition="aws",
                aws_account=company_account.aws_account,
                control=control,
                resource=resource,
            ),
            "content": "0" * 64,
            "reasons": [f"Statement All lets any AWS account read {name}."],
            "evidence": [
                {"kind": "fact", "label": "Queue", "value": name, "read_by": "sqs:ListQueues"}
            ],
            "values": {},
            "first_seen": LONG_AGO,
            "last_seen": LONG_AGO,
            "last_changed": LONG_AGO,
            "last_scan": scan,
            "sequence": 1,
            **fields,
        }
    )
    FindingEvent.objects.create(
        organisation_id=company_account.organisation_id,
        finding=finding,
        account=company_account,
        sequence=1,
        kind="opened",
        at=LONG_AGO,
        scan=scan,
    )
    return finding


def a_company(name: str, aws_account: str, findings: int = 3) -> Company:
    """Store an organisation with one scanned account."""
    organisation = Organisation(name=name)
    with within(organisation):
        organisation.save()
        account = Account.objects.create(
            organisation=organisation,
            aws_account=aws_account,
            label=f"{name} seller",
            role_arn=f"arn:aws:iam::{aws_account}:role/SellerPostureScan",
            external_id=f"secret-of-{name}",
            state="connected",
            score=65,
            score_low=40,
            coverage=93,
            formula="1",
            topics={},
            open_critical=findings,
        )
        Schedule.objects.create(organisation=organisation, account=account, preset="daily")
        scan = Scan.objects.create(
            organisation=organisation, account=account, trigger="first", state="done"
        )
        ScorePoint.objects.create(
            organisation=organisation, account=account, scan=scan, at=LONG_AGO,
            score=65, low=40, coverage=93, formula="1",
        )  # fmt: skip
        rows = [a_finding(account, scan, f"queue-{n}") for n in range(findings)]
    return Company(organisation, account, scan, rows)


@pytest.fixture
def company(db: None) -> Company:
    return a_company("Larkfield", "111122223333")


@pytest.fixture
def stranger(db: None) -> Company:
    return a_company("Otherside", "999900001111")


@pytest.fixture
def token(company: Company) -> Callable[..., tuple[ApiToken, str]]:
    def issue(*scopes: str, **options: Any) -> tuple[ApiToken, str]:
        with within(company.organisation):
            return tokens.issue(
                organisation=company.organisation,
                by=None,
                name="tickets",
                scopes=scopes or ("findings:read", "findings:triage", "scans:run"),
                **options,
            )

    return issue


@pytest.fixture
def api(token: Callable[..., tuple[ApiToken, str]]) -> Api:
    return Api(token()[1])


def moments(n: int) -> list[datetime]:
    """n moments, a day apart."""
    return [LONG_AGO + timedelta(days=day) for day in range(n)]
