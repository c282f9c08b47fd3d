"""Names, policies and texts from other people's accounts, on every page that shows them."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account, Finding, Scan, Ticket, User
from posture.models.tenancy import within
from tests.posture.web.rows import a_finding, a_result, a_waiver, an_attestation, an_event, scored

NAMES = {
    "markup": '<img src=x onerror="__pwn()"><script>__pwn()</script>',
    "attribute": '" onmouseover="__pwn()" x=\'',
    "template": "{{ 7|add:7 }}{% debug %}",
    "control": "bell\x07 escape\x1b[31m delete\x7f",
    "bidi": "\u202egnp.exe\u2066 \u200b\u2069\ufeff",
    "endless": "A" * 10_000,
    "javascript": "javascript:__pwn()",
    "quotes": "'; DROP TABLE posture_finding; --",
    "words": "constructor __proto__ null NaN",
}
SHAPELESS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Tags(HTMLParser):
    """Collects what a browser would take for elements and event handlers."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [name for name, _ in attrs if name.startswith("on") or name == "style"]
        links = [value or "" for name, value in attrs if name in {"href", "src", "action"}]
        self.found += [link for link in links if link.lower().startswith(("javascript", "data"))]
        if tag in {"img", "iframe", "object", "style"}:
            self.found.append(tag)


def build(scan: Scan, user: User, name: str) -> Finding:
    """One account full of one name."""
    finding = a_finding(
        scan,
        name,
        region=name[:200],
        reasons=[f"{name} is open.", name],
        evidence=[
            {"kind": "fact", "label": name, "value": name, "read_by": name},
            {"kind": "excerpt", "title": name, "text": f"{name}\n{name}", "faults": [[1, 1]],
             "note": name, "read_by": name},
        ],
        values={"queue": name, "queue_url": name, "region": name, "labels": name},
    )  # fmt: skip
    an_event(finding, "resolved", 2, data={"resolution": name})
    an_event(finding, "ticket_linked", 3, data={"system": name, "key": name, "status": name})
    an_event(finding, "severity_changed", 4, scan=scan, data={"from": name, "severity": name})
    a_waiver(a_finding(scan, f"{name}2", control="AMI-06"), user, reason=name)
    an_attestation(scan, user, note=name, evidence_name=name, statement=name, evidence=b"x")
    asked = {"status": "manual", "topic": "ammp", "reason": name, "evidence": finding.evidence}
    a_result(scan, "M-AMMP-3", **asked)
    a_result(scan, "SQS-03", status="not_assessed", reason=name, missing_action=name)
    with within(scan.organisation_id):
        Ticket.objects.create(
            organisation_id=scan.organisation_id, finding=finding, system=name, key=name,
            url=name, status=name,
        )  # fmt: skip
        lists = {"queues": [name], "cas_buckets": [name], "approved_admins": [name, name]}
        Account.objects.update(label=name, state_reason=name, profile=lists)
        row = {"service": name, "region": name, "state": name, "calls": 1, "denied": 1}
        Scan.objects.update(reason=name, progress={"services": [row], "phase": name})
        User.objects.filter(pk=user.pk).update(name=name)
    return finding


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_name_is_text_and_can_be_seen_on_every_page(
    owner: Client, alice: User, account: Account, scan: Scan, kind: str
) -> None:
    name = NAMES[kind]
    finding = build(scan, alice, name)
    scored(account, scan)
    pages = [
        reverse("home"), reverse("accounts"), reverse("account", args=[account.pk]),
        reverse("scans"), reverse("scan", args=[scan.pk]), reverse("findings"),
        reverse("findings") + "?view=flat&state=open,waived",
        reverse("finding", args=[finding.pk]), reverse("controls"),
        reverse("control", args=["SQS-03"]), reverse("connect_role", args=[account.pk]),
        reverse("connect_test", args=[account.pk]), reverse("connect_schedule", args=[account.pk]),
        reverse("attestations", args=[account.pk]), reverse("topic", args=["sqs"]),
        reverse("attestation", args=[account.pk, "M-AMMP-2"]),
        reverse("attestation", args=[account.pk, "M-AMMP-3"]),
        reverse("profile", args=[account.pk]), reverse("people"), reverse("leave"),
        reverse("invitations"), reverse("tokens"),
    ]  # fmt: skip
    for address in pages:
        response = owner.get(address)
        page = response.content.decode()
        assert response.status_code == 200, address
        tags = Tags()
        tags.feed(page)
        assert tags.found == [], address
        shapeless = {one for one in page if unicodedata.category(one) in SHAPELESS} - {"\n"}
        assert shapeless == set(), address
        assert len(page) < 400_000, address


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_search_is_text(owner: Client, scan: Scan, kind: str) -> None:
    words = {"q": NAMES[kind], "severity": NAMES[kind], "region": NAMES[kind], "sort": NAMES[kind],
             "view": NAMES[kind], "after": NAMES[kind][:500], "open": NAMES[kind][:500]}  # fmt: skip
    response = owner.get(reverse("findings"), words)
    tags = Tags()
    tags.feed(response.content.decode())
    assert response.status_code == 200
    assert tags.found == []
    assert "14" not in re.findall(r'value="([^"]*)"', response.content.decode())
