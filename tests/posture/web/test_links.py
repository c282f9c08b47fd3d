"""Every link of every page leads somewhere."""

from __future__ import annotations

import re
from collections import deque
from html import unescape

from django.test import Client
from django.urls import resolve

from posture.models import Account, Scan
from tests.posture.web.rows import a_finding, a_result, a_topic, scored

PAGES_AT_MOST = 400


def links_of(page: str) -> set[str]:
    """Addresses of this site that a page links to, without their fragments."""
    found = (
        unescape(link).partition("#")[0] for link in re.findall(r'<a [^>]*href="([^"]*)"', page)
    )
    return {link for link in found if link.startswith("/")}


def test_no_link_is_dead(
    owner: Client, account: Account, scan: Scan, second_account: Account
) -> None:
    a_finding(scan)
    a_finding(scan, "dead", control="SQS-08", severity="low")
    a_result(scan, "SQS-03", status="fail", failing=1)
    a_result(scan, "AMI-08", status="not_assessed", missing_action="ec2:DescribeSnapshotAttribute")
    scored(account, scan, topics={"sqs": a_topic(65, open={"critical": 1})}, open_critical=1)
    waiting, seen = deque(["/", "/findings?view=flat"]), {"/", "/findings?view=flat"}
    while waiting:
        address = waiting.popleft()
        response = owner.get(address, follow=True)  # some ask first who sits there
        assert response.status_code == 200, address
        assert len(seen) < PAGES_AT_MOST
        if resolve(address.partition("?")[0]).url_name == "role_template":
            continue
        new = links_of(response.content.decode()) - seen
        seen |= new
        waiting.extend(sorted(new))
    assert {"/score", "/settings/tokens", "/accounts/connect", "/api/v1/docs"} <= seen


def test_fragments_that_pages_link_to_are_there(owner: Client, account: Account) -> None:
    assert 'id="coverage"' in owner.get(f"/accounts/{account.pk}").content.decode()
    assert 'id="reads"' in owner.get("/score").content.decode()
    assert 'id="t-sqs"' in owner.get("/controls").content.decode()
