"""What is done meanwhile begins with the first request, once, and never before."""

import threading

import pytest

from scanner.aws import CannotReach, Limits, Visit, enter
from tests.scanner.aws.endpoints import answering, http

IDENTITY = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a</Arn><UserId>A</UserId>
<Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""
TWICE = Limits(attempts=2, connect=2, read=2)


class Meanwhile:
    """Counts how often it is begun."""

    def __init__(self) -> None:
        self.begun = threading.Semaphore(0)

    def __call__(self) -> None:
        self.begun.release()


@pytest.fixture(autouse=True)
def _own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_it_begins_once_though_the_first_request_is_sent_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meanwhile = Meanwhile()
    with answering(http(b"", "500 Odd"), http(IDENTITY)) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        aws = enter(Visit(), actions=(), limits=TWICE, meanwhile=meanwhile)
        aws.close()
    assert (aws.account, len(endpoint.requests)) == ("111122223333", 2)
    assert meanwhile.begun.acquire(timeout=10)
    assert not meanwhile.begun.acquire(blocking=False)


def test_it_does_not_begin_when_nothing_can_be_asked() -> None:
    meanwhile = Meanwhile()
    with pytest.raises(CannotReach):
        enter(Visit(profile="no-such-profile"), actions=(), meanwhile=meanwhile)
    assert not meanwhile.begun.acquire(blocking=False)
