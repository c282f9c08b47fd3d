"""The lists of pages and API that are measured: each, and each filter of it once."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fleet:
    """Who looks, at what."""

    organisation: uuid.UUID
    get: Callable[[str], Any]
    account: uuid.UUID
    finding: uuid.UUID


def addresses(fleet: Fleet) -> Mapping[str, str]:
    """Every list of pages and API, each filter once."""
    return _pages(fleet) | _findings(fleet) | _api(fleet)


def _findings(fleet: Fleet) -> dict[str, str]:
    narrowed = {
        "severity": "severity=critical",
        "state": "state=resolved",
        "waived": "state=waived",
        "topic": "topic=sqs",
        "account": f"account={fleet.account}",
        "control": "control=SQS-03",
        "region": "region=ap-south-1",
        "text": "q=queue-4711",
        "rare text": "q=nowhere-at-all",
        "ARN": "q=arn:aws:sqs:us-east-1:000000000007:queue-4",
    }
    pages = {"findings, grouped": "/findings"}
    pages |= {f"grouped by {name}": f"/findings?{query}" for name, query in narrowed.items()}
    for sort in ("severity", "points", "age", "changed"):
        pages[f"findings, flat, by {sort}"] = f"/findings?view=flat&sort={sort}"
    pages |= {f"flat by {name}": f"/findings?view=flat&{query}" for name, query in narrowed.items()}
    pages["flat, further on"] = _further(fleet.get)
    return pages


def _pages(fleet: Fleet) -> dict[str, str]:
    return {
        "home": "/",
        "home, one account": f"/?account={fleet.account}",
        "accounts": "/accounts",
        "account": f"/accounts/{fleet.account}",
        "scans": "/scans",
        "scans of an account": f"/scans?account={fleet.account}",
        "control": "/controls/SQS-03",
        "controls": "/controls",
        "topic": "/topics/sqs",
        "finding": f"/findings/{fleet.finding}",
        "snapshots": "/settings/snapshots",
    }


def _api(fleet: Fleet) -> dict[str, str]:
    api = {
        "": "",
        "severity": "severity=critical",
        "state": "state=open",
        "topic": "topic=sqs",
        "account": f"account={fleet.account}",
        "AWS account": "aws_account=000000000007",
        "control": "control=SQS-03",
        "region": "region=ap-south-1",
        "resource": "resource=arn:aws:sqs:us-east-1:000000000007:queue-6",
        "fingerprint": f"fingerprint={'0' * 64}",
        "changed since": "changed_since=2026-01-01T00:00:00Z",
        "first seen since": "first_seen_since=2026-01-01T00:00:00Z",
        "with a ticket": "ticket=any",
        "without a ticket": "ticket=none",
        "text": "q=queue-4711",
    }
    pages = {f"API findings {n}".strip(): f"/api/v1/findings?{q}" for n, q in api.items()}
    pages["API accounts"] = "/api/v1/accounts"
    pages["API scans"] = "/api/v1/scans"
    pages["API scans of an account"] = f"/api/v1/scans?account={fleet.account}"
    pages["API scores"] = f"/api/v1/accounts/{fleet.account}/scores"
    return pages


def _further(get: Callable[[str], Any]) -> str:
    """The tenth page of the flat list."""
    address = "/findings?view=flat"
    for _ in range(10):
        following = re.search(r'href="([^"]*after=[^"]+)"', get(address).content.decode())
        address = "/findings" + html.unescape(following[1]) if following else address
    return address
