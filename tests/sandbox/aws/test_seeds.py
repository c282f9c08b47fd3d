"""Seeded accounts hold what their tables say, in the same way at each start."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from sandbox.aws import clock
from sandbox.aws.client import FakeAws
from sandbox.aws.seeds import brightwater, larkfield, larkfield_demo, many
from sandbox.aws.seeds.seeded import SeededFault, seeded_faults
from scanner.controls import every_control
from scanner.vocabulary import Topic
from tests.sandbox.aws.clients import admin_keys, client

WITHOUT_FAULT = {
    "AMMP-01": "the root user has no keys",
    "AMMP-11": "no user name looks shared, and more than names nothing tells",
    "SELL-02": "nobody holds full seller access",
    "SQS-01": "every notification reaches a queue",
    "AMI-01": "every image is at home",
    "CTR-01": "no container is sold",
    "CT-02": "without a trail for all regions there is nothing to judge",
    "CT-03": "the same",
    "CT-04": "the trail delivers",
    "CT-05": "as CT-02",
}
"""Controls that an API decides and that find nothing in Larkfield, and why."""


def test_the_tables_are_read_row_by_row() -> None:
    rows = seeded_faults(brightwater)
    assert rows[0] == SeededFault(
        "CT-03", "medium", "trail/brightwater-audit", "log files are not integrity-validated"
    )
    assert [row.severity for row in rows] == ["medium", "low"]
    assert len(seeded_faults(larkfield)) > 60


def test_larkfield_has_a_fault_for_every_control_that_can_find_one() -> None:
    decided = {one.id for one in every_control() if not one.id.startswith("M-")}
    found = {row.control for row in seeded_faults(larkfield)}
    assert found & WITHOUT_FAULT.keys() == set()
    assert found | WITHOUT_FAULT.keys() == decided


def test_the_demo_has_a_fault_in_every_topic_and_no_more_than_a_page_holds() -> None:
    faults = {(row.control, row.severity) for row in seeded_faults(larkfield_demo)}
    topics = {control.rpartition("-")[0] for control, _ in faults}
    assert topics == {topic.value.upper() for topic in Topic}
    assert len(faults) == len(seeded_faults(larkfield_demo)) <= 15


def name_at(end: str) -> str:
    """What must be found in an account for a resource with this end: the name that it ends with.

    A part of something stands behind a `#`, a region behind an `@`.
    """
    return re.sub(r".*#.*/", "", end).partition("@")[0]


def names_in(fake: FakeAws, account: str) -> str:
    """All that an account holds, as text, with ARNs as they are."""
    keys = admin_keys(fake, account)
    details = client(fake, "iam", keys).get_account_authorization_details(MaxItems=1000)
    del details["ResponseMetadata"]
    state = fake.change_state(account)
    queues = client(fake, "sqs", keys).list_queues().get("QueueUrls", [])
    return json.dumps(
        [details, state, [url.replace("/", ":") for url in queues], f"{account}:root"], default=str
    )


@pytest.mark.parametrize(
    ("module", "seed"),
    [(larkfield, "everything"), (larkfield_demo, "demo"), (brightwater, "demo")],
    ids=["larkfield", "larkfield_demo", "brightwater"],
)
def test_every_resource_of_the_table_is_in_the_account(
    fake_aws: FakeAws, module: ModuleType, seed: str
) -> None:
    fake_aws.seed(seed)
    held = names_in(fake_aws, module.ACCOUNT)
    missing = [
        row.resource_end
        for row in seeded_faults(module)
        if not re.search(re.escape(name_at(row.resource_end)) + r"\b", held)
    ]
    assert missing == []


@pytest.mark.parametrize("seed", ["demo", "everything"])
def test_a_seed_makes_the_same_ids_each_time(fake_aws: FakeAws, seed: str) -> None:
    ids = re.compile(
        r"\b(?:A(?:IDA|ROA|NPA|KIA)[A-Z0-9]{16,}|(?:ami|snap)-[0-9a-f]+|[0-9a-f-]{36})\b"
    )
    starts = []
    for _ in range(2):
        fake_aws.reset()
        fake_aws.seed(seed)
        starts.append(sorted(set(ids.findall(names_in(fake_aws, larkfield.ACCOUNT)))))
    assert starts[0] == starts[1]
    assert len(starts[0]) > 10


def test_ids_have_the_length_that_aws_gives_them(fake_aws: FakeAws) -> None:
    fake_aws.seed("everything")
    for account in (larkfield.ACCOUNT, brightwater.ACCOUNT):
        here = fake_aws.state(account).region("us-east-1")
        for name in [*here.images, *here.snapshots]:
            assert re.fullmatch(r"(ami|snap)-[0-9a-f]{17}", name), name


def test_dates_are_relative_to_the_start(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    event = fake_aws.state(larkfield.ACCOUNT).events[0]
    age = clock.now() - event.time
    assert age.days == 20


# What makes the faults of Larkfield, read back through boto3.
FACTS: dict[str, tuple[Callable[[Any], Any], str, Any]] = {
    "root has no MFA": (lambda iam: iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"], "iam", 0),
    "root has no keys": (lambda iam: iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"], "iam", 0),
    "one queue is open": (
        lambda sqs: [
            statement["Principal"]
            for statement in _policy(sqs, "larkfield-relay-subscriptions")["Statement"]
            if statement["Effect"] == "Allow" and statement["Action"] == "sqs:*"
        ],
        "sqs",
        ["*"],
    ),
    "one queue has no dead letters": (lambda sqs: "RedrivePolicy" in _attributes(sqs, "larkfield-relay-entitlements"), "sqs", False),
    "dead letters are kept a day": (lambda sqs: _attributes(sqs, "larkfield-gateway-dead")["MessageRetentionPeriod"], "sqs", "86400"),
    "one image is public": (
        lambda ec2: [image["ImageId"] for image in ec2.describe_images(Owners=["self"])["Images"] if image["Public"]],
        "ec2",
        ["ami-0ed6e0210000000a1"],
    ),
    "one snapshot is public": (
        lambda ec2: [
            shot["SnapshotId"]
            for shot in ec2.describe_snapshots(OwnerIds=["self"], RestorableByUserIds=["all"])["Snapshots"]
        ],
        "ec2",
        ["snap-0ed6e020000000a20"],
    ),
    "no trail covers all regions": (
        lambda trail: [one["IsMultiRegionTrail"] for one in trail.describe_trails()["trailList"]], "cloudtrail", [False],
    ),
    "the retired export was called": (
        lambda trail: [event["Username"] for event in trail.lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "StartSupportDataExport"}])["Events"]],
        "cloudtrail", ["support-sync"],
    ),
    "names carry HTML": (
        lambda ec2: ec2.describe_images(ImageIds=["ami-0ed6e0210000000a1"])["Images"][0]["Tags"][0]["Value"],
        "ec2", "<img src=x onerror=alert(1)>",
    ),
}  # fmt: skip


def _attributes(sqs: Any, name: str) -> dict[str, str]:
    url = f"https://sqs.us-east-1.amazonaws.com/{larkfield.ACCOUNT}/{name}"
    return dict(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])


def _policy(sqs: Any, name: str) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(_attributes(sqs, name)["Policy"])
    return policy


@pytest.mark.parametrize(("read", "service", "expected"), list(FACTS.values()), ids=list(FACTS))
def test_larkfield_has_its_faults(
    fake_aws: FakeAws, read: Callable[[Any], Any], service: str, expected: object
) -> None:
    fake_aws.seed("larkfield")
    assert read(client(fake_aws, service, admin_keys(fake_aws, larkfield.ACCOUNT))) == expected


def test_many_makes_as_many_as_it_is_told(fake_aws: FakeAws) -> None:
    fake_aws.seed("many", users=7, roles=3, queues=2, images=4)
    backend, here = fake_aws.iam(many.ACCOUNT), fake_aws.state(many.ACCOUNT).region("us-east-1")
    assert (len(backend.users), len(backend.roles)) == (7, 3)
    assert (len(here.queues), len(here.subscriptions), len(here.images)) == (2, 2, 4)


def test_the_command_says_when_it_is_ready_and_ends_when_told() -> None:
    command = [
        sys.executable,
        "-m",
        "sandbox.aws",
        "--seed",
        "demo",
        "--access-key",
        "AKIASOMEONEELSE23456",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().split()
        try:
            assert line[0] == "ready"
            fake = FakeAws(line[1], access_key="AKIASOMEONEELSE23456")
            assert {one["account"] for one in fake.accounts()} == {
                "111122223333",
                "444455556666",
                "777788889999",
            }
            sts = client(fake, "sts", admin_keys(fake, larkfield.ACCOUNT))
            assert sts.get_caller_identity()["Account"] == larkfield.ACCOUNT
            fake.create_scan_role(
                account=larkfield.ACCOUNT,
                external_id="an-id",
                policy_document={"Statement": {"Effect": "Allow"}},
            )
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
