"""The wire over real sockets: what a broken or hostile endpoint answers never looks like success."""

from collections.abc import Callable
from typing import Any

import pytest

from scanner.aws import Kind, Limits, Service, Stopped, Trouble, Turn
from scanner.aws.session import open_session
from scanner.aws.trouble import Undeclared
from scanner.aws.wire import ACCOUNT_IN_FRONT, BotoWire
from tests.scanner.aws.endpoints import SILENCE, Endpoint, answering, http

SQS = Service("sqs", "us-east-1")
IAM = Service("iam", "us-east-1")
EC2 = Service("ec2", "us-east-1")
ONCE = Limits(attempts=1, connect=2, read=0.3)
ACTIONS = frozenset(
    {
        "sqs:ListQueues",
        "iam:GetPolicyVersion",
        "ec2:DescribeImages",
        "cloudtrail:LookupEvents",
        "s3:GetAccountPublicAccessBlock",
        "s3:ListAllMyBuckets",
    }
)

QUEUES = b'{"QueueUrls": ["https://sqs/1/a"]}'
IMAGES = b"""<?xml version="1.0" encoding="UTF-8"?>
<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>r</requestId><imagesSet/></DescribeImagesResponse>"""
THROTTLED = http(b'{"__type": "ThrottlingException", "message": "Slow down"}', "400 Bad Request")


@pytest.fixture(autouse=True)
def _own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def wire_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[Endpoint, Limits], BotoWire]:
    def make(endpoint: Endpoint, limits: Limits = ONCE) -> BotoWire:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        return BotoWire(open_session(), ACTIONS, limits, lambda: False)

    return make


Wires = Callable[..., BotoWire]


def trouble(wire: BotoWire, service: Service = SQS, operation: str = "ListQueues") -> Trouble:
    with pytest.raises(Trouble) as raised:
        wire.ask(service, operation, {})
    return raised.value


def test_a_whole_answer_is_given(wire_to: Wires) -> None:
    with answering(http(QUEUES)) as endpoint:
        wire = wire_to(endpoint)
        assert wire.ask(SQS, "ListQueues", {})["QueueUrls"] == ["https://sqs/1/a"]
    assert wire.calls.by_action == {"sqs:ListQueues": 1}


@pytest.mark.parametrize(
    "response",
    [
        http(QUEUES[:-9]),
        http(QUEUES, length=len(QUEUES) + 40),
        http(QUEUES[:-9], length=len(QUEUES)),
        http(b""),
        http(b"<html>Please sign in</html>"),
        http(b"\x00\xff\xfe garbage"),
        http(b'["not", "an", "object"]'),
    ],
    ids=["half", "short", "cut", "empty", "portal", "garbage", "list"],
)
def test_a_spoiled_json_answer_is_a_trouble_and_no_empty_account(
    wire_to: Wires, response: bytes
) -> None:
    with answering(response) as endpoint:
        assert trouble(wire_to(endpoint)).kind is Kind.UNWELL


@pytest.mark.parametrize(
    "body",
    [IMAGES[:-30], b"", b"<html></html>", b"<DescribeSnapshotsResponse/>", b"\x00"],
    ids=["half", "empty", "portal", "another", "garbage"],
)
def test_a_spoiled_xml_answer_is_a_trouble_and_no_empty_account(
    wire_to: Wires, body: bytes
) -> None:
    with answering(http(body)) as endpoint:
        found = trouble(wire_to(endpoint), EC2, "DescribeImages")
    assert (found.code, found.kind) == ("BadAnswer", Kind.UNWELL)


def test_an_empty_xml_list_is_an_empty_list(wire_to: Wires) -> None:
    with answering(http(IMAGES)) as endpoint:
        assert wire_to(endpoint).ask(EC2, "DescribeImages", {})["Images"] == []


@pytest.mark.parametrize(
    ("response", "code", "kind"),
    [
        (b"", "ConnectionClosed", Kind.UNWELL),
        (SILENCE, "ReadTimeout", Kind.OTHER),
        (http(b"<html>Bad gateway</html>", "502 Bad Gateway"), "502", Kind.UNWELL),
        (http(b"[]", "500 Internal Server Error"), "500", Kind.UNWELL),
        (THROTTLED, "ThrottlingException", Kind.THROTTLED),
        (
            http(b'{"__type": "AccessDeniedException", "message": "no"}', "400 Bad Request"),
            "AccessDeniedException",
            Kind.DENIED,
        ),
        (http(b"<ErrorResponse/>", "403 Forbidden"), "403", Kind.DENIED),
        (
            http(b'{"__type": "ExpiredTokenException"}', "400 Bad Request"),
            "ExpiredTokenException",
            Kind.EXPIRED,
        ),
    ],
    ids=["reset", "silence", "502", "500", "throttled", "denied", "403", "expired"],
)
def test_a_failed_call_is_sorted(wire_to: Wires, response: bytes, code: str, kind: Kind) -> None:
    with answering(response) as endpoint:
        found = trouble(wire_to(endpoint))
    assert (found.code, found.kind) == (code, kind)


def test_an_endpoint_where_nobody_listens_is_unreachable(wire_to: Wires) -> None:
    with answering(b"") as endpoint:
        pass
    assert trouble(wire_to(endpoint)).code == "Unreachable"


def test_a_reset_is_tried_again_and_every_attempt_counts(wire_to: Wires) -> None:
    with answering(b"", b"", http(QUEUES)) as endpoint:
        wire = wire_to(endpoint, Limits(attempts=6))
        assert wire.ask(SQS, "ListQueues", {})["QueueUrls"] == ["https://sqs/1/a"]
    assert wire.calls.total == len(endpoint.requests) == 3


def test_throttled_and_denied_answers_are_counted(wire_to: Wires) -> None:
    denied = http(b'{"__type": "AccessDenied"}', "403 Forbidden")
    with answering(THROTTLED, denied) as endpoint:
        wire = wire_to(endpoint)
        seen: list[tuple[str, str]] = []
        wire.watch = lambda service, event: seen.append((service.name, event))
        trouble(wire)
        trouble(wire)
    assert (wire.calls.throttled, wire.calls.denied) == (1, 1)
    assert seen == [("sqs", "sent"), ("sqs", "sent"), ("sqs", "denied")]


def test_a_spoiled_answer_frees_its_slot(wire_to: Wires) -> None:
    with answering(http(b"{"), http(b"{"), http(QUEUES)) as endpoint:
        wire = wire_to(endpoint, Limits(in_flight=1, attempts=1))
        trouble(wire)
        trouble(wire)
        assert wire.ask(SQS, "ListQueues", {})["QueueUrls"]


def test_an_operation_that_is_not_on_the_allow_list_is_never_sent(wire_to: Wires) -> None:
    with answering(http(b"{}")) as endpoint:
        with pytest.raises(Undeclared):
            wire_to(endpoint).ask(SQS, "PurgeQueue", {"QueueUrl": "https://sqs/1/a"})
        assert endpoint.requests == []


def test_the_check_before_every_attempt_can_end_it(wire_to: Wires) -> None:
    def stop() -> None:
        raise Stopped

    with answering(http(QUEUES)) as endpoint:
        wire = wire_to(endpoint)
        wire.check = stop
        with pytest.raises(Stopped):
            wire.ask(SQS, "ListQueues", {})
        assert endpoint.requests == []


class Strict:
    """A ceiling that says how long to wait, and remembers what was booked."""

    def __init__(self, *seconds: float) -> None:
        self.booked: list[tuple[str, str, str]] = []
        self._seconds = list(seconds)

    def turn(self, account: str, name: str, region: str) -> Turn:
        self.booked.append((account, name, region))
        return Turn(self._seconds.pop(0) if self._seconds else 0.0, 15.0, 15)


def test_the_ceiling_is_asked_before_every_attempt_in_a_known_account(wire_to: Wires) -> None:
    ceiling = Strict(0.0, 0.01)
    held: list[tuple[str, str, float]] = []
    with answering(http(QUEUES), b"", http(QUEUES)) as endpoint:
        wire = wire_to(endpoint, Limits(attempts=6, ceiling=ceiling))
        wire.held = lambda service, name, turn: held.append((service.region, name, turn.seconds))
        wire.ask(SQS, "ListQueues", {})
        assert ceiling.booked == []
        wire.account = "111122223333"
        wire.ask(SQS, "ListQueues", {})
    assert ceiling.booked == [("111122223333", "sqs", "us-east-1")] * 2
    assert held == [("us-east-1", "sqs", 0.0), ("us-east-1", "sqs", 0.01)]


def test_an_operation_with_a_rate_of_its_own_is_counted_by_itself(wire_to: Wires) -> None:
    ceiling = Strict()
    with answering(http(b'{"Events": []}')) as endpoint:
        wire = wire_to(endpoint, Limits(attempts=1, ceiling=ceiling))
        wire.account = "111122223333"
        wire.ask(Service("cloudtrail", "eu-west-1"), "LookupEvents", {})
    assert ceiling.booked == [("111122223333", "cloudtrail:LookupEvents", "eu-west-1")]


def test_a_call_that_is_held_back_ends_with_the_scan_and_is_never_sent(wire_to: Wires) -> None:
    checks = iter([None, Stopped()])

    def check() -> None:
        if (end := next(checks)) is not None:
            raise end

    with answering(http(QUEUES)) as endpoint:
        wire = wire_to(endpoint, Limits(attempts=1, ceiling=Strict(3600.0)))
        wire.account, wire.check = "111122223333", check
        with pytest.raises(Stopped):
            wire.ask(SQS, "ListQueues", {})
        assert endpoint.requests == []


BLOCK = b"""<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">
<BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_account_is_not_put_in_front_of_an_address(
    wire_to: Wires, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    with answering(http(BLOCK)) as endpoint:
        wire = wire_to(endpoint)
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url.replace("127.0.0.1", host))
        asked = {"AccountId": "111122223333"}
        answer = wire.ask(Service("s3control", "us-east-1"), "GetPublicAccessBlock", asked)
    assert answer["PublicAccessBlockConfiguration"] == {"BlockPublicAcls": True}
    assert f"Host: {host}:" in endpoint.requests[0]
    assert "x-amz-account-id: 111122223333" in endpoint.requests[0]


@pytest.mark.parametrize(
    "url",
    [
        "https://111122223333.s3-control.us-east-1.amazonaws.com/v20180820/x",
        "https://111122223333.s3-control.example.org:8443/v20180820/x",
        "https://s3.example.org/111122223333.127.0.0.1/",
    ],
)
def test_the_account_stays_in_front_of_every_other_host(url: str) -> None:
    assert ACCOUNT_IN_FRONT.match(url) is None


def test_an_answer_about_buckets_that_is_none_is_no_account_without_buckets(
    wire_to: Wires,
) -> None:
    with answering(http(b"<html><body>Please sign in</body></html>")) as endpoint:
        found = trouble(wire_to(endpoint), Service("s3", "us-east-1"), "ListBuckets")
    assert (found.code, found.kind) == ("BadAnswer", Kind.UNWELL)


def test_policy_documents_stay_the_text_that_aws_sent(wire_to: Wires) -> None:
    document = "%7B%22Statement%22%3A%5B%5D%2C%22Statement%22%3A%22twice%22%7D"
    body = f"""<GetPolicyVersionResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">
      <GetPolicyVersionResult><PolicyVersion><Document>{document}</Document></PolicyVersion>
      </GetPolicyVersionResult></GetPolicyVersionResponse>"""
    with answering(http(body.encode())) as endpoint:
        params: dict[str, Any] = {"PolicyArn": "arn:aws:iam::aws:policy/Some", "VersionId": "v1"}
        answer = wire_to(endpoint).ask(IAM, "GetPolicyVersion", params)
    assert answer["PolicyVersion"]["Document"] == document


def test_requests_carry_our_name(wire_to: Wires) -> None:
    with answering(http(QUEUES)) as endpoint:
        wire_to(endpoint).ask(SQS, "ListQueues", {})
    assert "User-Agent: seller-posture Botocore/" in endpoint.requests[0]


def test_no_trouble_shows_a_key(wire_to: Wires) -> None:
    message = b'{"__type": "InvalidSignatureException", "message": "AKIACANARY canary-secret"}'
    with answering(http(message, "403 Forbidden")) as endpoint:
        found = trouble(wire_to(endpoint))
    assert "canary" not in f"{found!r} {found.detail}".lower()


def test_the_endpoint_is_the_one_of_the_environment(wire_to: Wires) -> None:
    with answering(b"") as endpoint:
        assert wire_to(endpoint).endpoint(SQS) == endpoint.url
