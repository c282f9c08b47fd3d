"""Pages are joined whole or not at all, and answers that are no failures are told apart."""

import signal
import threading
from typing import Any

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.vocabulary import Partial, Unobserved, gaps, seen
from tests.fakes import DENIED, FakeAws, limited

HOME = "us-east-1"
LIST = "sns:ListSubscriptions"


def page(*items: int, token: str = "") -> Answer:
    answer: dict[str, Any] = {"Subscriptions": [{"n": item} for item in items]}
    return answer | ({"NextToken": token} if token else {})


def listed(aws: FakeAws, **params: Any) -> object:
    return aws.pages("sns", "ListSubscriptions", "Subscriptions", region=HOME, **params)


def items(*numbers: int) -> tuple[Answer, ...]:
    return tuple({"n": number} for number in numbers)


@pytest.mark.parametrize("pages", [0, 1, 2, 10])
def test_all_pages_are_joined_in_order(pages: int) -> None:
    replies = [page(number, token=f"t{number}") for number in range(pages)]
    aws = FakeAws({LIST: [*replies, page(99)]})
    assert listed(aws) == items(*range(pages), 99)
    assert [params.get("NextToken") for _, _, params in aws.asked] == [
        None,
        *(f"t{number}" for number in range(pages)),
    ]


def test_an_empty_list_and_an_empty_token_end_it() -> None:
    assert listed(FakeAws({LIST: {"Subscriptions": [], "NextToken": ""}})) == ()


def test_iam_pages_by_marker() -> None:
    first = {"Policies": [{"n": 1}], "IsTruncated": True, "Marker": "m"}
    last = {"Policies": [{"n": 2}], "IsTruncated": False}
    aws = FakeAws({"iam:GetAccountAuthorizationDetails": [first, last]})
    got = aws.pages("iam", "GetAccountAuthorizationDetails", "", region=HOME, MaxItems=1000)
    assert got == (first, last)
    assert aws.asked[1][2] == {"MaxItems": 1000, "Marker": "m"}


def test_a_token_that_comes_again_ends_the_loop_within_three_pages() -> None:
    aws = FakeAws({LIST: [page(1, token="a"), page(2, token="b"), page(3, token="a")]})
    assert listed(aws) == Partial(items(1, 2, 3), (Unobserved(LIST, "RepeatedToken", HOME),))
    aws = FakeAws({LIST: page(1, token="a")})
    assert isinstance(listed(aws), Partial)
    assert len(aws.asked) == 2


def test_more_pages_than_asked_for_are_a_partial_list() -> None:
    aws = FakeAws({LIST: [page(number, token=f"t{number}") for number in range(5)]})
    assert listed(aws, most=3) == Partial(items(0, 1, 2), (Unobserved(LIST, "OverCap", HOME),))


def test_a_list_without_end_is_cut() -> None:
    count = iter(range(10_000))
    endless = FakeAws(
        {LIST: lambda region, params: page(1, token=str(next(count)))}, limits=limited(pages=7)
    )
    assert isinstance(listed(endless), Partial)
    assert len(endless.asked) == 7


def test_more_without_a_token_is_a_partial_list() -> None:
    aws = FakeAws({LIST: page(1) | {"IsTruncated": True}})
    assert listed(aws) == Partial(items(1), (Unobserved(LIST, "BadAnswer", HOME),))


def test_a_refused_first_page_is_unobserved_and_a_later_one_leaves_a_partial_list() -> None:
    gap = Unobserved(LIST, "AccessDenied", HOME, DENIED.detail)
    assert listed(FakeAws({LIST: DENIED})) == gap
    aws = FakeAws({LIST: [page(1, token="a"), page(2, token="b"), DENIED]})
    assert listed(aws) == Partial(items(1, 2), (gap,))


def test_a_page_without_its_list_is_no_empty_list() -> None:
    gap = listed(FakeAws({LIST: {}}))
    assert isinstance(gap, Unobserved)
    assert gap.error == "BadAnswer"


def test_sqs_alone_may_leave_an_empty_list_out() -> None:
    aws = FakeAws({"sqs:ListQueues": {}})
    assert aws.pages("sqs", "ListQueues", "QueueUrls", region=HOME) == ()


def objects(*keys: str, given: str = "", token: str = "") -> Answer:
    """A page of ListObjectsV2: it repeats the token that it was given, and has its own name for the next."""
    said: Answer = {"Contents": [{"Key": key} for key in keys], "IsTruncated": bool(token)}
    said |= {"ContinuationToken": given} if given else {}
    return said | ({"NextContinuationToken": token} if token else {})


def test_objects_are_paged_by_a_token_that_s3_repeats() -> None:
    replies = [objects("a", token="t1"), objects("b", given="t1", token="t2")]
    aws = FakeAws({"s3:ListBucket": [*replies, objects("c", given="t2")]})
    listed = aws.pages("s3", "ListObjectsV2", "Contents", region=HOME, Bucket="b")
    assert [one["Key"] for one in seen(listed)] == ["a", "b", "c"]
    assert gaps(listed) == ()
    tokens = [params.get("ContinuationToken") for _, _, params in aws.asked]
    assert tokens == [None, "t1", "t2"]


def test_a_bucket_without_objects_has_no_list_of_them() -> None:
    aws = FakeAws({"s3:ListBucket": {"IsTruncated": False, "KeyCount": 0}})
    assert aws.pages("s3", "ListObjectsV2", "Contents", region=HOME, Bucket="b") == ()


def test_what_is_not_to_be_kept_is_forgotten() -> None:
    aws = FakeAws({LIST: [page(1, 2, token="a"), page(3)]})
    assert listed(aws, keep=lambda one: one["n"] != 2) == items(1, 3)


@pytest.mark.parametrize(
    ("service", "operation", "action", "region"),
    [
        ("s3", "ListBuckets", "s3:ListAllMyBuckets", ""),
        ("s3control", "GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock", ""),
        ("s3", "GetBucketAcl", "s3:GetBucketAcl", HOME),
    ],
)
def test_gaps_about_the_account_are_of_no_region(
    service: str, operation: str, action: str, region: str
) -> None:
    gap = FakeAws({action: DENIED}).call(service, operation, region=HOME)
    assert gap == Unobserved(action, "AccessDenied", region, DENIED.detail)


def test_codes_that_are_answers_give_none() -> None:
    gone = Trouble("QueueDoesNotExist", Kind.OTHER)
    aws = FakeAws({"sqs:GetQueueAttributes": gone})
    found = aws.find("sqs", "GetQueueAttributes", region=HOME, absent=("QueueDoesNotExist",))
    assert found is None


def test_a_code_never_seen_is_unobserved() -> None:
    aws = FakeAws({"sqs:GetQueueAttributes": Trouble("NewInTheYear2031", Kind.OTHER)})
    found = aws.find("sqs", "GetQueueAttributes", region=HOME, absent=("QueueDoesNotExist",))
    assert found == Unobserved("sqs:GetQueueAttributes", "NewInTheYear2031", HOME)


def test_an_answer_without_a_member_it_must_have_is_unobserved() -> None:
    aws = FakeAws({"iam:GetAccountSummary": {}})
    gap = aws.call("iam", "GetAccountSummary", region=HOME, must=("SummaryMap",))
    detail = "the answer lacks SummaryMap"
    assert gap == Unobserved("iam:GetAccountSummary", "BadAnswer", "", detail)


def test_answers_about_many_items_come_in_their_order() -> None:
    aws = FakeAws({LIST: lambda region, params: {"n": params["n"]}})
    got = aws.each(lambda n: aws.call("sns", "ListSubscriptions", region=HOME, n=n), range(50))
    assert got == [{"n": number} for number in range(50)]


def test_an_endpoint_has_no_slash_at_its_end() -> None:
    assert FakeAws({}).endpoint("sqs", "eu-west-1") == "https://sqs.eu-west-1.amazonaws.com"


def test_who_interrupts_the_wait_ends_every_job() -> None:
    once = threading.Lock()

    def interrupting(region: str, params: Answer) -> Answer:
        if once.acquire(blocking=False):
            # A real signal: only that wakes a main thread which already waits.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        return page(1)

    aws = FakeAws({LIST: interrupting})

    def ask_for_ever() -> None:
        while True:
            aws.call("sns", "ListSubscriptions", region=HOME)

    with pytest.raises(KeyboardInterrupt):
        aws.beside(ask_for_ever, ask_for_ever)


def test_jobs_beside_each_other_may_ask_about_many_items() -> None:
    aws = FakeAws({LIST: page()}, limits=limited(in_flight=2))

    def job() -> int:
        return len(aws.each(lambda _: aws.call("sns", "ListSubscriptions", region=HOME), range(9)))

    assert aws.beside(*[job] * 12) == [9] * 12
