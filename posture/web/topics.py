"""The page of a topic: what AWS answers for, what the seller answers for, and how that stands now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from posture import catalogue
from posture.access import accounts_of, scope_of
from posture.web import standing
from posture.web.controls import rows_of_topic
from posture.web.doors import as_id, find, page

ACCOUNTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Shares:
    """The two sides of a topic, as lists of duties (controls.md section 15)."""

    aws: tuple[str, ...]
    seller: tuple[str, ...]


SHARES: Mapping[str, Shares] = {
    "ammp": Shares(
        ("Runs the Management Portal and IAM, and enforces the permissions you give.", "Runs the recovery of a lost root user."),
        ("Who has an identity, and that it goes when the person goes.", "MFA for everyone, and a root user that nobody needs.", "Whom the trust policies of your roles let in."),
    ),
    "sell": Shares(
        ("Publishes the managed seller policies, changes them over time and evaluates every request.", "Owns what its service-linked roles may do."),
        ("Choosing the narrowest policy for each person and job.", "Keeping payouts and tax apart from publishing.", "Reading the managed policies again after AWS changed them."),
    ),
    "cas": Shares(
        ("Produces the data sets, and protects its own account and the way to your bucket and topic.",),
        ("The delivery role, and what else it may do.", "The bucket and topic that receive the data.", "Who may ask for data, how long it is kept and what it is used for."),
    ),
    "psc": Shares(
        ("Ended the service in November 2022 and with it the flow of data.",),
        ("Deleting the contacts that were received before.", "Removing permissions that nobody needs any more."),
    ),
    "sqs": Shares(
        ("Durability of queues and topics, and the implementation of encryption at rest.", "The policies of its own product topics."),
        ("Who may send to, read from and change your queues.", "Encryption, and a key policy that lets the messages in.", "Reacting in time: the messages decide who gets the product and what is billed."),
    ),
    "mtr": Shares(
        ("Authenticates, records and de-duplicates metering calls, and bills the buyer.",),
        ("An identity that may meter and nothing else, and cannot be stolen with a key.", "Records that are right, in time, and watched."),
    ),
    "ami": Shares(
        ("Scans what you submit, copies it to the regions, and takes it off the shelf when it has to.", "Security of EC2 and EBS, and protection of the copies it sells."),
        ("What is inside the image: patches, supported systems, no secrets.", "Who can see the source image and its snapshots.", "The role with which AWS takes the image in."),
    ),
    "ct": Shares(
        ("Records the calls, keeps 90 days of event history, delivers log files and their digests.",),
        ("A trail for all regions, with the events that matter.", "How long logs are kept, who can read or delete them, and who is told of what."),
    ),
}  # fmt: skip


@require_safe
@page()
def topic(request: HttpRequest, code: str) -> HttpResponse:
    """Show one topic, for all accounts or (`?account=`) for one."""
    titles = catalogue.topics()
    if code not in titles:
        message = "There is no topic of this name."
        raise Http404(message)
    scope = scope_of(request)
    chosen = request.GET.get("account", "")
    accounts = standing.ranked(accounts_of(scope)).order_by(*standing.WORST_FIRST)
    if chosen:
        wanted = as_id(chosen)
        if wanted is None:
            message = "The account in the address is not one of ours."
            raise Http404(message)
        accounts = accounts.filter(pk=find(accounts_of(scope), wanted, "account").pk)
    standings = [
        {"account": one, "topic": row}
        for one in accounts[:ACCOUNTS_SHOWN]
        for row in standing.topics_of(one)
        if row["code"] == code
    ]
    context: dict[str, Any] = {
        "place": "controls",
        "code": code,
        "title": titles[code],
        "shares": SHARES[code],
        "standings": standings,
        "rows": rows_of_topic(scope, code),
    }
    return render(request, "topics/topic.html", context)
