"""Faults strike the calls that they name, as AWS or a broken network would, and alike in each run."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from sandbox.aws.client import FakeAws, FakeAwsError
from sandbox.aws.faults import Fault, FaultKind, Faults
from sandbox.aws.seeds import larkfield
from tests.posture.workers import wait_until
from tests.sandbox.aws.clients import ACCOUNT, admin_keys, client, error_of

THROTTLED = [
    ("iam", "get_account_summary", "Throttling", 400),
    ("ec2", "describe_regions", "RequestLimitExceeded", 503),
    ("cloudtrail", "describe_trails", "ThrottlingException", 400),
    ("sqs", "list_queues", "RequestThrottled", 403),
    ("s3", "list_buckets", "SlowDown", 503),
    ("account", "get_alternate_contact", "ThrottlingException", 429),
]
PARAMS = {"get_alternate_contact": {"AlternateContactType": "SECURITY"}}


def ask(
    fake: FakeAws, service: str, call: str, region: str = "us-east-1", account: str = ACCOUNT
) -> Any:
    """The method of an administrator's client."""
    return getattr(client(fake, service, admin_keys(fake, account), region), call)


@pytest.mark.parametrize(("service", "call", "code", "status"), THROTTLED)
def test_throttling_speaks_the_language_of_the_service(
    fake_aws: FakeAws, service: str, call: str, code: str, status: int
) -> None:
    fake_aws.inject(Fault(kind="throttle"))
    assert error_of(ask(fake_aws, service, call), **PARAMS.get(call, {}))[:2] == (code, status)


def test_a_denial_looks_like_a_missing_permission(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="deny", action="sqs:List*"))
    code, status, message = error_of(ask(fake_aws, "sqs", "list_queues"))
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith("because no identity-based policy allows the sqs:ListQueues action")


@pytest.mark.parametrize(
    ("service", "call", "status", "code"),
    [
        ("iam", "get_account_summary", 500, "InternalFailure"),
        ("iam", "get_account_summary", 503, "ServiceUnavailable"),
        ("ec2", "describe_regions", 502, "InternalError"),
        ("cloudtrail", "describe_trails", 503, "ServiceUnavailableException"),
    ],
)
def test_errors_of_the_service_carry_their_status(
    fake_aws: FakeAws, service: str, call: str, status: int, code: str
) -> None:
    fake_aws.inject(Fault(kind="error", status=status))
    assert error_of(ask(fake_aws, service, call))[:2] == (code, status)


def test_a_code_can_be_chosen(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="deny", action="ec2:*", code="OptInRequired"))
    assert error_of(ask(fake_aws, "ec2", "describe_regions"))[0] == "OptInRequired"


def test_a_reset_connection_has_no_answer_and_is_logged_as_such(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="reset", action="iam:*", times=1))
    call = ask(fake_aws, "iam", "get_account_summary")
    fake_aws.forget_calls()
    with pytest.raises(HTTPClientError):
        call()
    assert [(one.status, one.code) for one in fake_aws.calls()] == [(0, "ConnectionReset")]
    assert call()["SummaryMap"]["Users"] == 0


def test_a_reset_is_a_reset_on_the_wire(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="reset"))
    place = urlsplit(fake_aws.url)
    head = "POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/iam/aws4_request\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{}"
    body = "Action=GetAccountSummary&Version=2010-05-08"
    with socket.create_connection((str(place.hostname), int(place.port or 0)), timeout=10) as wire:
        wire.sendall(head.format(admin_keys(fake_aws).access, len(body), body).encode())
        with pytest.raises(ConnectionResetError):
            wire.recv(1)


def test_a_truncated_answer_is_declared_whole(fake_aws: FakeAws) -> None:
    fake_aws.seed("larkfield")
    fake_aws.inject(Fault(kind="truncate", action="sqs:ListQueues"))
    answer = ask(fake_aws, "sqs", "list_queues", account=larkfield.ACCOUNT)()
    # The trap: botocore reports a cut JSON answer as a success without members.
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "QueueUrls" not in answer


def test_a_truncated_xml_answer_cannot_be_parsed(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="truncate", action="iam:*"))
    with pytest.raises(ResponseParserError):
        ask(fake_aws, "iam", "get_account_summary")()


def test_a_cut_answer_ends_before_its_declared_length(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="cut", action="cloudtrail:*"))
    call = ask(fake_aws, "cloudtrail", "describe_trails")
    read: list[int] = []
    call.__self__.meta.events.register(
        "before-parse.cloudtrail",
        lambda response_dict, **_: read.append(len(response_dict["body"])),
    )
    answer = call()
    declared = int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    assert read == [declared // 2]
    # The same trap once more: botocore does not compare the two.
    assert "trailList" not in answer


def test_garbage_is_a_page_with_status_200(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="garbage"))
    # Neither XML nor JSON services make botocore complain: the page is well formed, and JSON is not insisted on.
    assert "Regions" not in ask(fake_aws, "ec2", "describe_regions")()
    assert "trailList" not in ask(fake_aws, "cloudtrail", "describe_trails")()


def test_latency_delays_and_then_answers(
    fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(Faults, "wait", lambda _, seconds: waits.append(seconds))
    fake_aws.inject(Fault(kind="latency", seconds=2.5, action="iam:*"))
    assert error_of(ask(fake_aws, "iam", "get_account_summary"))[0] == ""
    assert error_of(ask(fake_aws, "sns", "list_topics"))[0] == ""
    assert waits == [2.5]


@pytest.mark.parametrize(
    ("fault", "struck"),
    [
        (Fault(kind="throttle", action="IAM:get*"), True),
        (Fault(kind="throttle", action="iam:List*"), False),
        (Fault(kind="throttle", region="us-*"), True),
        (Fault(kind="throttle", region="eu-west-1"), False),
        (Fault(kind="throttle", account=ACCOUNT), True),
        (Fault(kind="throttle", account="999999999999"), False),
        (Fault(kind="throttle", probability=0), False),
    ],
)
def test_a_fault_strikes_only_what_it_names(fake_aws: FakeAws, fault: Fault, struck: bool) -> None:
    fake_aws.inject(fault)
    code = error_of(ask(fake_aws, "iam", "get_account_summary"))[0]
    assert (code == "Throttling") is struck


def test_faults_are_counted_and_lifted(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="throttle", action="iam:*", after=1, times=2))
    call = ask(fake_aws, "iam", "get_account_summary")
    assert [error_of(call)[0] for _ in range(4)] == ["", "Throttling", "Throttling", ""]
    fake_aws.inject(Fault(kind="throttle"))
    fake_aws.clear_faults()
    assert error_of(call)[0] == ""


def test_the_role_s_account_is_meant_when_a_role_is_assumed(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="throttle", action="sts:AssumeRole", account=ACCOUNT))
    from tests.sandbox.aws.clients import scanner_keys

    sts = client(fake_aws, "sts", scanner_keys(fake_aws))
    answers = [
        error_of(
            sts.assume_role, RoleArn=f"arn:aws:iam::{account}:role/Any", RoleSessionName="scan"
        )[0]
        for account in (ACCOUNT, "111122223333")
    ]
    assert answers == ["Throttling", "AccessDenied"]


def strikes(seed: int, order: list[int]) -> dict[tuple[int, int], bool]:
    """Which attempt at which of ten calls a fault of 30 % strikes, three attempts each, in this order of calls."""
    faults = Faults()
    faults.add(Fault(kind="throttle", probability=0.3, seed=seed))
    seen: dict[tuple[int, int], bool] = {}
    for attempt in range(3):
        for number in order:
            seen[number, attempt] = bool(
                faults.strikes("sqs:GetQueueAttributes", "us-east-1", "1", str(number).encode())
            )
    return seen


def test_strikes_repeat_whatever_the_order_of_the_calls() -> None:
    forward, backward = strikes(1, list(range(10))), strikes(1, list(range(9, -1, -1)))
    assert forward == backward
    assert forward != strikes(2, list(range(10)))


def test_the_probability_is_kept_over_many_calls() -> None:
    faults = Faults()
    faults.add(Fault(kind="throttle", probability=0.3))
    struck = sum(
        bool(faults.strikes("a:B", "r", "1", str(number).encode())) for number in range(2000)
    )
    assert 500 < struck < 700


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"kind": "explosion"}, "none of"), ({"probability": 1.5}, "between"), ({"kind": "error", "status": 404}, "500"), ({"colour": "red"}, "colour")],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_changes_nothing(
    fake_aws: FakeAws, change: dict[str, Any], reason: str
) -> None:
    fake_aws.inject(Fault(kind="throttle", action="iam:*"))
    entry = {"kind": "latency"} | change
    with pytest.raises(FakeAwsError, match=reason):
        fake_aws._ask("PUT", "faults", [{"kind": "deny"}, entry])
    assert [fault["kind"] for fault in fake_aws._ask("GET", "faults")] == ["throttle"]


@pytest.mark.parametrize("kind", ["truncate", "cut", "garbage"])
def test_an_error_is_not_disturbed_further(fake_aws: FakeAws, kind: FaultKind) -> None:
    fake_aws.inject(Fault(kind=kind))
    call = ask(fake_aws, "sqs", "get_queue_url")
    with pytest.raises(ClientError, match="NonExistentQueue"):
        call(QueueName="none")


def test_put_replaces_the_faults_in_force(fake_aws: FakeAws) -> None:
    fake_aws.inject(Fault(kind="throttle"))
    fake_aws._ask("PUT", "faults", [{"kind": "deny", "action": "iam:*"}])
    kept = fake_aws._ask("GET", "faults")
    assert [(fault["kind"], fault["action"]) for fault in kept] == [("deny", "iam:*")]
    assert json.dumps(kept)


def test_a_call_that_waits_is_counted_and_goes_on_when_its_fault_is_lifted(
    fake_aws: FakeAws,
) -> None:
    fake_aws.inject(Fault(kind="latency", seconds=300), Fault(kind="throttle", action="iam:*"))
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(ask(fake_aws, "sqs", "list_queues"))
        wait_until(lambda: fake_aws.struck() == [1, 0])
        assert not answer.done()
        fake_aws.clear_faults()
        assert answer.result()["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert fake_aws.struck() == []
