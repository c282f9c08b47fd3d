"""The control interface: seeds, state, roles, the call log, and its refusals of nonsense."""

import http.client
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from sandbox.aws.asking import World
from sandbox.aws.calls import CallLog
from sandbox.aws.client import FakeAws, FakeAwsError
from sandbox.aws.control import answer_control
from sandbox.aws.principals import Keyring
from sandbox.aws.server import Server
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, allow, client, error_of, role_keys


def send(fake: FakeAws, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
    """Status and content of a raw control request."""
    wire = http.client.HTTPConnection(urlsplit(fake.url).netloc, timeout=10)
    wire.request(method, path, body)
    response = wire.getresponse()
    content = json.loads(response.read())
    wire.close()
    return response.status, content


def test_calls_are_written_down_with_who_what_and_how_it_ended(fake_aws: FakeAws) -> None:
    keys = role_keys(fake_aws, allow("sqs:ListQueues"))
    fake_aws.forget_calls()
    sqs = client(fake_aws, "sqs", keys, "us-west-2")
    sqs.list_queues()
    error_of(sqs.get_queue_url, QueueName="none")
    first, second = fake_aws.calls()
    assert (first.account, first.service, first.operation, first.action) == (
        ACCOUNT,
        "sqs",
        "ListQueues",
        "sqs:ListQueues",
    )
    assert (first.region, first.status, first.code) == ("us-west-2", 200, "")
    assert first.principal == f"arn:aws:sts::{ACCOUNT}:assumed-role/SellerPostureScan/tests"
    assert (second.status, second.code) == (403, "AccessDenied")
    assert first.time <= second.time


def test_a_call_held_up_over_a_reset_is_not_in_the_log_of_what_comes_after(
    fake_aws: FakeAws,
) -> None:
    client(fake_aws, "iam", admin_keys(fake_aws)).list_users()
    (call,) = fake_aws.calls()
    log = CallLog()
    before = log.page()
    log.forget()
    log.add(call, before)
    assert log.all() == []
    log.add(call, log.page())
    assert log.all() == [call]


def test_calls_are_counted_by_action_and_forgotten(fake_aws: FakeAws) -> None:
    keys = admin_keys(fake_aws)
    for _ in range(3):
        client(fake_aws, "iam", keys).list_users()
    client(fake_aws, "s3", keys).list_buckets()
    assert fake_aws.count_calls() == {"iam:ListUsers": 3, "s3:ListAllMyBuckets": 1}
    assert fake_aws.count_calls("IAM:*") == {"iam:ListUsers": 3}
    assert len(fake_aws.calls("s3:*")) == 1
    fake_aws.forget_calls()
    assert fake_aws.calls() == []


def test_errors_of_moto_are_written_down_with_their_code(fake_aws: FakeAws) -> None:
    keys = admin_keys(fake_aws)
    error_of(client(fake_aws, "iam", keys).get_user, UserName="none")
    error_of(client(fake_aws, "kms", keys).describe_key, KeyId="none")
    error_of(client(fake_aws, "accessanalyzer", keys).list_analyzers)
    assert [call.code for call in fake_aws.calls()] == [
        "NoSuchEntity",
        "NotFoundException",
        "NotImplemented",
    ]


def test_a_request_without_signature_is_refused(fake_aws: FakeAws) -> None:
    wire = http.client.HTTPConnection(urlsplit(fake_aws.url).netloc, timeout=10)
    wire.request("POST", "/", "Action=ListUsers&Version=2010-05-08")
    response = wire.getresponse()
    assert response.status == 403
    assert b"MissingAuthenticationToken" in response.read()
    wire.close()


def test_one_connection_carries_many_requests(fake_aws: FakeAws) -> None:
    wire = http.client.HTTPConnection(urlsplit(fake_aws.url).netloc, timeout=10)
    for method, body in [
        ("GET", None),
        ("POST", "unread body of a path that does not exist"),
        ("GET", None),
    ]:
        wire.request(method, "/_sandbox/calls" if method == "GET" else "/_sandbox/none", body)
        response = wire.getresponse()
        response.read()
        assert response.getheader("Connection") != "close"
        assert response.status == (200 if method == "GET" else 404)
    wire.close()


def test_the_state_is_changed_field_by_field(fake_aws: FakeAws) -> None:
    image = {
        "id": "ami-1",
        "name": "<img>",
        "owner": ACCOUNT,
        "created": "2026-01-02T03:04:05+00:00",
    }
    state = fake_aws.change_state(
        ACCOUNT, root={"mfa": ""}, regions={"us-east-1": {"images": {"ami-1": image}}}
    )
    assert state["root"]["mfa"] == ""
    images = client(fake_aws, "ec2", admin_keys(fake_aws)).describe_images(Owners=["self"])[
        "Images"
    ]
    assert [(one["Name"], one["CreationDate"]) for one in images] == [
        ("<img>", "2026-01-02T03:04:05.000Z")
    ]
    assert (
        send(fake_aws, "GET", f"/_sandbox/state/{ACCOUNT}")[1]["enabled_regions"][0] == "us-east-1"
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"colour": "red"}, "colour"),
        ({"account": "1"}, "account"),
        ({"root": {"mfa": "paper"}}, "does not fit"),
        ({"root": {"mfa": "", "hat": 1}}, "does not fit"),
        ({"regions": {"us-east-1": {"images": {"a": {"id": "a"}}}}}, "does not fit"),
    ],
)
def test_a_change_that_does_not_fit_changes_nothing(
    fake_aws: FakeAws, fields: dict[str, Any], reason: str
) -> None:
    before = send(fake_aws, "GET", f"/_sandbox/state/{ACCOUNT}")[1]
    with pytest.raises(FakeAwsError, match=reason):
        fake_aws.change_state(ACCOUNT, **({"enabled_regions": ["us-east-1"]} | fields))
    assert send(fake_aws, "GET", f"/_sandbox/state/{ACCOUNT}")[1] == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"account": "12"}, "12 digits"),
        ({"role_name": "two words"}, "not a role name"),
        ({"policy_document": "{"}, "not JSON"),
        ({"policy_document": {}}, "Statement"),
        ({"trust_document": "[]"}, "Statement"),
    ],
)
def test_a_scan_role_that_iam_would_refuse_is_refused(
    fake_aws: FakeAws, change: dict[str, Any], reason: str
) -> None:
    role = {
        "account": ACCOUNT,
        "external_id": "an-id",
        "policy_document": allow("iam:Get*"),
    } | change
    with pytest.raises(FakeAwsError, match=reason):
        fake_aws.create_scan_role(**role)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/_sandbox/ready", None, 200),
        ("GET", "/_sandbox/none", None, 404),
        ("DELETE", "/_sandbox/seed", None, 404),
        ("POST", "/_sandbox/seed", b'{"name": "atlantis"}', 400),
        ("POST", "/_sandbox/seed", b'{"name": "many", "whales": 3}', 400),
        ("POST", "/_sandbox/seed", b"{not json", 400),
        ("POST", "/_sandbox/scan-role", b"{}", 400),
        ("GET", "/_sandbox/state/abc", None, 400),
        ("GET", "/_sandbox/administrator/1", None, 400),
        ("PUT", "/_sandbox/sessions", b"{}", 400),
        ("PUT", "/_sandbox/faults", b'[{"kind": "none"}]', 400),
    ],
)
def test_control_requests_that_make_no_sense_say_so(
    fake_aws: FakeAws, method: str, path: str, body: bytes | None, status: int
) -> None:
    seen, content = send(fake_aws, method, path, body)
    assert seen == status
    assert ("error" in content) is (status != 200)


@pytest.mark.parametrize(("address", "open_control", "status"), [("10.0.0.5", False, 403), ("10.0.0.5", True, 200), ("127.0.0.1", False, 200)])  # fmt: skip
def test_other_machines_have_no_control_unless_it_was_opened(
    address: str, open_control: bool, status: int
) -> None:
    world = World(Keyring("a", "b"), open_control=open_control)
    environ = {
        "REMOTE_ADDR": address,
        "PATH_INFO": "/_sandbox/ready",
        "REQUEST_METHOD": "GET",
        "wsgi.input": io.BytesIO(),
    }
    assert answer_control(world, environ).status == status


def test_accounts_are_listed_with_their_administrator(fake_aws: FakeAws) -> None:
    assert fake_aws.seed("everything") == ["111122223333", "444455556666", "777788889999"]
    listed = {one["account"]: one for one in fake_aws.accounts()}
    assert set(listed) == {"111122223333", "444455556666", "777788889999"}
    assert (listed["111122223333"]["users"], listed["777788889999"]["users"]) == (7, 0)
    assert (
        listed["444455556666"]["administrator"]["access_key"]
        == admin_keys(fake_aws, "444455556666").access
    )


def test_a_reset_forgets_accounts_buckets_sessions_faults_and_calls(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    keys = role_keys(fake_aws, allow("*"))
    fake_aws.reset()
    assert (fake_aws.accounts(), fake_aws.calls()) == ([], [])
    assert error_of(client(fake_aws, "iam", keys).list_users)[0] == "InvalidClientTokenId"
    fake_aws.seed("larkfield")


def test_the_environment_is_all_that_boto3_needs(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == "999988887777"
    for name, value in fake_aws.admin_profile(ACCOUNT, tmp_path).items():
        monkeypatch.setenv(name, value)
    who = boto3.Session(profile_name="default").client("sts").get_caller_identity()
    assert who["Account"] == ACCOUNT


def test_a_second_one_in_the_same_process_is_refused(fake_aws: FakeAws) -> None:
    with pytest.raises(RuntimeError, match="already"):
        Server(access_key="a", secret_key="b")
    assert send(fake_aws, "GET", "/_sandbox/ready") == (200, {"ready": True})


def test_the_live_state_is_for_the_process_that_serves(fake_aws: FakeAws) -> None:
    from_afar = FakeAws(fake_aws.url)
    for touch in (from_afar.state, from_afar.iam):
        with pytest.raises(RuntimeError, match="only in the process"):
            touch(ACCOUNT)
    from_afar.stop()
    assert from_afar.accounts() == fake_aws.accounts()


def test_a_defect_of_the_fake_is_told_to_the_caller(fake_aws: FakeAws) -> None:
    state = fake_aws.state(ACCOUNT)
    state.trails.append(replace(_trail(), name=5))
    assert error_of(client(fake_aws, "cloudtrail", admin_keys(fake_aws)).describe_trails)[0:2] == (
        "FakeAwsDrift",
        501,
    )
    state.trails.append("no trail at all")  # type: ignore[arg-type]  # the point of the test
    assert error_of(client(fake_aws, "cloudtrail", admin_keys(fake_aws)).list_trails)[0:2] == (
        "FakeAwsDefect",
        501,
    )


def _trail() -> Any:
    from sandbox.aws.state import Trail

    return Trail("t", "arn:aws:cloudtrail:us-east-1:1:trail/t")
