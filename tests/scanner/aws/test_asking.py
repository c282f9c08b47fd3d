"""One question gets its lane, new credentials once, and a slower second pass; then it gives up."""

import threading

import pytest

from scanner.aws import Aws, CannotReach, Kind, Place, Service, Stopped, Trouble, Turn
from scanner.aws.asking import Answer, Asker
from scanner.aws.trouble import Undeclared
from scanner.vocabulary import Unobserved
from tests.builders import OWN
from tests.fakes import DENIED, QUICK, FakeAws, FakeWire, limited

HOME = "us-east-1"
THROTTLED = Trouble("Throttling", Kind.THROTTLED)
UNWELL = Trouble("500", Kind.UNWELL)
EXPIRED = Trouble("ExpiredToken", Kind.EXPIRED)
SUMMARY: Answer = {"SummaryMap": {}}


def summary(aws: FakeAws) -> object:
    return aws.call("iam", "GetAccountSummary", region=HOME)


def test_a_call_that_stays_throttled_for_botocore_is_asked_again_more_slowly() -> None:
    aws = FakeAws({"iam:GetAccountSummary": [*[THROTTLED] * 8, SUMMARY]})
    assert summary(aws) == SUMMARY
    assert len(aws.asked) == 9


def test_a_call_that_is_throttled_through_the_second_pass_is_unobserved() -> None:
    aws = FakeAws({"iam:GetAccountSummary": THROTTLED})
    assert summary(aws) == Unobserved("iam:GetAccountSummary", "Throttling")
    assert len(aws.asked) == 9


def test_a_server_error_gets_two_more_tries() -> None:
    assert summary(FakeAws({"iam:GetAccountSummary": [UNWELL, UNWELL, SUMMARY]})) == SUMMARY
    aws = FakeAws({"iam:GetAccountSummary": UNWELL})
    assert summary(aws) == Unobserved("iam:GetAccountSummary", "500")
    assert len(aws.asked) == 3


def test_a_refusal_is_not_asked_again() -> None:
    aws = FakeAws({"iam:GetAccountSummary": DENIED})
    gap = summary(aws)
    assert isinstance(gap, Unobserved)
    assert (gap.error, gap.detail) == ("AccessDenied", DENIED.detail)
    assert len(aws.asked) == 1


def test_a_refusal_in_the_second_pass_ends_it() -> None:
    aws = FakeAws({"iam:GetAccountSummary": [THROTTLED, DENIED]})
    assert summary(aws) == Unobserved("iam:GetAccountSummary", "AccessDenied", "", DENIED.detail)


def test_expired_credentials_are_renewed_once_and_the_call_repeated() -> None:
    aws = FakeAws({"iam:GetAccountSummary": [EXPIRED, SUMMARY]})
    assert summary(aws) == SUMMARY
    assert aws.wire.renewals == 1


def test_threads_whose_credentials_expired_together_renew_them_once() -> None:
    barrier = threading.Barrier(4)
    first = threading.local()

    def reply(region: str, params: Answer) -> Answer:
        if not hasattr(first, "seen"):
            first.seen = True
            barrier.wait()
            raise EXPIRED
        return {"Subscriptions": []}

    aws = FakeAws({"sns:ListSubscriptions": reply})

    def ask(_: int) -> object:
        return aws.call("sns", "ListSubscriptions", region=HOME)

    assert aws.each(ask, range(4)) == [{"Subscriptions": []}] * 4
    assert aws.wire.renewals == 1


def test_a_service_that_alone_says_expired_is_unobserved() -> None:
    aws = FakeAws({"iam:GetAccountSummary": EXPIRED, "sts:GetCallerIdentity": {"Account": OWN}})
    assert summary(aws) == Unobserved("iam:GetAccountSummary", "ExpiredToken")


def test_credentials_that_no_service_takes_end_the_scan_for_every_thread() -> None:
    aws = FakeAws({"iam:GetAccountSummary": EXPIRED, "sts:GetCallerIdentity": EXPIRED})
    with pytest.raises(CannotReach) as refusal:
        summary(aws)
    assert refusal.value.code == "credentials_expired"
    with pytest.raises(CannotReach):
        summary(aws)


def test_stop_is_asked_before_each_call() -> None:
    answers = iter([False, True])
    aws = FakeAws({"iam:GetAccountSummary": SUMMARY}, stop=lambda: next(answers))
    assert summary(aws) == SUMMARY
    with pytest.raises(Stopped):
        summary(aws)
    assert len(aws.asked) == 1


def test_once_it_is_enough_the_rest_is_a_gap_and_what_was_read_stays() -> None:
    answers = iter([False, True])
    aws = FakeAws({"iam:GetAccountSummary": SUMMARY})
    aws.heed(lambda: next(answers))
    assert summary(aws) == SUMMARY
    assert summary(aws) == Unobserved(
        "iam:GetAccountSummary", "Cancelled", detail="the scan was cancelled before"
    )
    assert len(aws.asked) == 1


def test_what_is_enough_ends_no_pause_and_is_no_trouble_with_credentials() -> None:
    aws = FakeAws({"iam:GetAccountSummary": EXPIRED, "sts:GetCallerIdentity": EXPIRED})
    answers = iter([False, True])
    aws.heed(lambda: next(answers))
    aws.pause(0)
    gap = summary(aws)
    assert isinstance(gap, Unobserved)
    assert gap.error == "Cancelled"


def test_a_pause_ends_when_the_scan_ends() -> None:
    aws = FakeAws({})
    aws.close()
    with pytest.raises(Stopped):
        aws.pause(600)


def test_an_undeclared_action_is_a_fault_of_ours() -> None:
    with pytest.raises(Undeclared, match="sqs:ListQueues is not declared"):
        FakeAws({}).call("sqs", "ListQueues", region=HOME)


class Busy(FakeWire):
    """Notes how many calls of each service are under way at the same moment."""

    def __init__(self, replies: dict[str, Answer]) -> None:
        super().__init__(replies)
        self.most: dict[str, int] = {}
        self._now: dict[str, int] = {}
        self._lock = threading.Lock()
        self.together = threading.Barrier(2)

    def ask(self, service: Service, operation: str, params: Answer) -> Answer:
        with self._lock:
            now = self._now[service.name] = self._now.get(service.name, 0) + 1
            self.most[service.name] = max(now, self.most.get(service.name, 0))
        if service.name == "sns":
            self.together.wait()
        answer = super().ask(service, operation, params)
        with self._lock:
            self._now[service.name] -= 1
        return answer


@pytest.mark.parametrize(
    ("service", "operation", "most"),
    [("iam", "GetPolicy", 1), ("marketplace-catalog", "DescribeEntity", 1)],
)
def test_services_with_a_low_limit_are_asked_one_call_at_a_time(
    service: str, operation: str, most: int
) -> None:
    replies: dict[str, Answer] = {"iam:GetPolicy": {}, "aws-marketplace:DescribeEntity": {}}
    wire = Busy(replies)
    aws = Aws(wire, Place(OWN), actions=replies, limits=QUICK)
    aws.each(lambda _: aws.call(service, operation, region=HOME), range(20))
    aws.close()
    assert wire.most == {service: most}


def test_other_services_are_asked_beside_each_other() -> None:
    wire = Busy({"sns:ListSubscriptions": {}})
    aws = Aws(wire, Place(OWN), actions=["sns:ListSubscriptions"], limits=QUICK)
    aws.each(lambda _: aws.call("sns", "ListSubscriptions", region=HOME), range(2))
    aws.close()
    assert wire.most == {"sns": 2}


def test_a_call_with_a_documented_rate_is_spaced_in_its_region_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(Asker, "pause", lambda _, seconds: waited.append(seconds))
    aws = FakeAws({"cloudtrail:LookupEvents": {"Events": []}}, limits=limited(spaced=2.0))
    for region in ("us-east-1", "us-east-1", "eu-west-1"):
        aws.call("cloudtrail", "LookupEvents", region=region)
    first, second, elsewhere = waited
    assert (first, elsewhere) == (0.0, 0.0)
    assert second == pytest.approx(1.0, abs=0.5)


def test_where_a_ceiling_counts_nothing_else_spaces_a_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Open:
        def turn(self, account: str, name: str, region: str) -> Turn:
            return Turn(0.0, 2.0, 1)

    waited: list[float] = []
    monkeypatch.setattr(Asker, "pause", lambda _, seconds: waited.append(seconds))
    limits = limited(spaced=2.0, ceiling=Open())
    aws = FakeAws({"cloudtrail:LookupEvents": {"Events": []}}, limits=limits)
    aws.call("cloudtrail", "LookupEvents", region=HOME)
    assert waited == []
