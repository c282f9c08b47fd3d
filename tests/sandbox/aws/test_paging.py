"""Lists come in pages where AWS pages them, and their pages can be made small."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import many
from sandbox.aws.state import EventDataStore, TrailEvent
from tests.sandbox.aws.clients import admin_keys, client, error_of, text


@dataclass(frozen=True)
class Listing:
    """A paged call: what it is asked, where its items are, its IAM action and the items that the seed has."""

    service: str
    call: str
    key: str | tuple[str, ...]
    action: str
    count: int
    params: dict[str, Any] = field(default_factory=dict)
    token: str = "NextToken"

    def __str__(self) -> str:
        return f"{self.service}:{self.call}"


CATALOG = {"Catalog": "AWSMarketplace", "EntityType": "AmiProduct"}
GAAD = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
LISTINGS = [
    Listing("iam", "get_account_authorization_details", GAAD, "iam:GetAccountAuthorizationDetails", 62, token="Marker"),
    Listing("iam", "list_virtual_mfa_devices", "VirtualMFADevices", "iam:ListVirtualMFADevices", 5, token="Marker"),
    Listing("iam", "list_access_keys", "AccessKeyMetadata", "iam:ListAccessKeys", 2, {"UserName": "two-keys"}, "Marker"),
    Listing("iam", "list_users", "Users", "iam:ListUsers", 6, token="Marker"),
    Listing("iam", "list_groups", "Groups", "iam:ListGroups", 20, token="Marker"),
    Listing("ec2", "describe_images", "Images", "ec2:DescribeImages", 5, {"Owners": ["self"]}),
    Listing("ec2", "describe_snapshots", "Snapshots", "ec2:DescribeSnapshots", 5, {"OwnerIds": ["self"]}),
    Listing("sqs", "list_queues", "QueueUrls", "sqs:ListQueues", 5, {"MaxResults": 1000}),
    Listing("sns", "list_subscriptions", "Subscriptions", "sns:ListSubscriptions", 5),
    Listing("sns", "list_topics", "Topics", "sns:ListTopics", 3),
    Listing("events", "list_rules", "Rules", "events:ListRules", 3),
    Listing("events", "list_targets_by_rule", "Targets", "events:ListTargetsByRule", 3, {"Rule": "rule-0"}),
    Listing("cloudtrail", "lookup_events", "Events", "cloudtrail:LookupEvents", 3),
    Listing("cloudtrail", "list_event_data_stores", "EventDataStores", "cloudtrail:ListEventDataStores", 3),
    Listing("marketplace-catalog", "list_entities", "EntitySummaryList", "aws-marketplace:ListEntities", 3, CATALOG),
]  # fmt: skip


@pytest.fixture
def account(fake_aws: FakeAws) -> FakeAws:
    """An account with a few of everything that is listed."""
    fake_aws.seed("many", users=5, roles=5, queues=5, images=5)
    keys = admin_keys(fake_aws, many.ACCOUNT)
    iam = client(fake_aws, "iam", keys)
    iam.create_user(UserName="two-keys")
    for _ in range(2):
        iam.create_access_key(UserName="two-keys")
    events, sns = client(fake_aws, "events", keys), client(fake_aws, "sns", keys)
    state = fake_aws.state(many.ACCOUNT)
    for number in range(3):
        events.put_rule(Name=f"rule-{number}", EventPattern=text({"source": ["aws.s3"]}))
        events.put_targets(
            Rule="rule-0",
            Targets=[{"Id": str(number), "Arn": f"arn:aws:sqs:us-east-1:1:q{number}"}],
        )
        sns.create_topic(Name=f"topic-{number}")
        state.events.append(
            TrailEvent(
                f"event-{number}", "StartChangeSet", "x.amazonaws.com", clock.days_ago(number), "a"
            )
        )
        arn = f"arn:aws:cloudtrail:us-east-1:{many.ACCOUNT}:eventdatastore/{number}"
        state.data_stores.append(EventDataStore(arn, f"lake-{number}"))
        state.entities[f"prod-{number}"] = state.entities["prod-many00000001"]
    del state.entities["prod-many00000001"]
    return fake_aws


def walk(call: Callable[..., dict[str, Any]], listing: Listing) -> tuple[list[Any], int]:
    """All items of all pages, and how many pages there were."""
    keys = (listing.key,) if isinstance(listing.key, str) else listing.key
    items: list[Any] = []
    pages, token = 0, None
    while pages == 0 or token:
        page = call(**listing.params, **({listing.token: token} if token else {}))
        items += [item for key in keys for item in page.get(key, [])]
        pages, token = pages + 1, page.get("Marker" if listing.token == "Marker" else "NextToken")
        assert page.get("IsTruncated", bool(token)) is bool(token)
    return items, pages


@pytest.mark.parametrize("listing", LISTINGS, ids=str)
def test_small_pages_hold_together_what_one_page_holds(account: FakeAws, listing: Listing) -> None:
    call = getattr(
        client(account, listing.service, admin_keys(account, many.ACCOUNT)), listing.call
    )
    whole, pages = walk(call, listing)
    assert (len(whole), pages) == (listing.count, 1)
    account.force_pages({listing.action: 2})
    in_pages, pages = walk(call, listing)
    assert in_pages == whole
    assert pages == -(-listing.count // 2)


@pytest.mark.parametrize(
    ("service", "call", "params", "code"),
    [
        ("iam", "list_virtual_mfa_devices", {"Marker": "made-up"}, "ValidationError"),
        ("ec2", "describe_images", {"NextToken": "made-up"}, "InvalidParameterValue"),
        ("sns", "list_topics", {"NextToken": "made-up"}, "InvalidParameter"),
        ("cloudtrail", "lookup_events", {"NextToken": "made-up"}, "InvalidNextTokenException"),
        ("cloudtrail", "lookup_events", {"MaxResults": 51}, "InvalidMaxResultsException"),
        ("iam", "get_account_authorization_details", {"MaxItems": 1001}, "ValidationError"),
        ("ec2", "describe_images", {"MaxResults": 1001}, "InvalidParameterValue"),
        ("ec2", "describe_snapshots", {"MaxResults": 4}, "InvalidParameterValue"),
        ("ec2", "describe_images", {"MaxResults": 5, "ImageIds": ["ami-1"]}, "InvalidParameterCombination"),
        ("ec2", "describe_snapshots", {"MaxResults": 5, "SnapshotIds": ["snap-1"]}, "InvalidParameterCombination"),
        ("marketplace-catalog", "list_entities", CATALOG | {"MaxResults": 51}, "ValidationException"),
        ("sqs", "list_queues", {"MaxResults": 1001}, "ValidationException"),
    ],
)  # fmt: skip
def test_sizes_and_tokens_that_aws_refuses_are_refused(
    account: FakeAws, service: str, call: str, params: dict[str, Any], code: str
) -> None:
    asked = getattr(client(account, service, admin_keys(account, many.ACCOUNT), checks=False), call)
    assert error_of(asked, **params)[0] == code


def test_a_token_of_one_call_does_not_go_on_with_another(account: FakeAws) -> None:
    account.force_pages({"sns:ListTopics": 1})
    sns = client(account, "sns", admin_keys(account, many.ACCOUNT))
    token = sns.list_topics()["NextToken"]
    assert error_of(sns.list_subscriptions, NextToken=token)[0] == "InvalidParameter"


def test_queues_are_cut_without_a_token_when_no_page_size_is_asked_for(account: FakeAws) -> None:
    account.force_pages({"sqs:ListQueues": 3})
    answer = client(account, "sqs", admin_keys(account, many.ACCOUNT)).list_queues()
    assert len(answer["QueueUrls"]) == 3
    assert "NextToken" not in answer


def test_a_page_size_that_is_none_is_refused(account: FakeAws) -> None:
    with pytest.raises(Exception, match="whole number above 0"):
        account.force_pages({"sns:ListTopics": 0})


def test_authorization_details_of_a_large_account_take_one_call_per_thousand_items(
    fake_aws: FakeAws,
) -> None:
    fake_aws.seed("many", users=1000, roles=1500)
    iam = client(fake_aws, "iam", admin_keys(fake_aws, many.ACCOUNT))
    fake_aws.forget_calls()
    seen: dict[str, int] = {}
    for page in iam.get_paginator("get_account_authorization_details").paginate(
        PaginationConfig={"PageSize": 1000}
    ):
        for key in GAAD:
            seen[key] = seen.get(key, 0) + len(page[key])
    assert seen == {
        "UserDetailList": 1000,
        "GroupDetailList": 20,
        "RoleDetailList": 1500,
        "Policies": 31,
    }
    assert fake_aws.count_calls() == {"iam:GetAccountAuthorizationDetails": 3}
