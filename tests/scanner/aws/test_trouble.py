"""Error answers are sorted by what to do about them, and their messages keep no secret."""

import pytest

from scanner.aws.trouble import Kind, refusal, visible


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AccessDenied", 403, Kind.DENIED),
        ("AccessDeniedException", 400, Kind.DENIED),
        ("UnauthorizedOperation", 403, Kind.DENIED),
        ("403", 403, Kind.DENIED),
        ("NeverSeenBefore", 403, Kind.DENIED),
        ("OptInRequired", 401, Kind.OTHER),
        ("AuthFailure", 401, Kind.OTHER),
        ("InvalidClientTokenId", 403, Kind.OTHER),
        ("SignatureDoesNotMatch", 403, Kind.OTHER),
        ("Throttling", 400, Kind.THROTTLED),
        ("RequestLimitExceeded", 503, Kind.THROTTLED),
        ("SlowDown", 503, Kind.THROTTLED),
        ("", 429, Kind.THROTTLED),
        ("ExpiredToken", 403, Kind.EXPIRED),
        ("ExpiredTokenException", 400, Kind.EXPIRED),
        ("RequestExpired", 400, Kind.EXPIRED),
        ("InternalFailure", 500, Kind.UNWELL),
        ("503", 503, Kind.UNWELL),
        ("ValidationError", 400, Kind.OTHER),
    ],
)
def test_a_code_is_sorted(code: str, status: int, kind: Kind) -> None:
    assert refusal(code, status, "").kind is kind


def test_an_answer_without_code_is_named_by_its_status() -> None:
    assert refusal("", 502, "").code == "502"


def test_the_message_of_a_refusal_is_kept() -> None:
    trouble = refusal("AccessDenied", 403, "no session policy allows the iam:GetPolicy action")
    assert trouble.detail == "no session policy allows the iam:GetPolicy action"


def test_the_message_about_a_signature_is_dropped_because_it_repeats_the_token() -> None:
    message = "The Canonical String should have been 'x-amz-security-token:IQoJcanary'"
    assert refusal("SignatureDoesNotMatch", 403, message).detail == ""


def test_messages_become_one_short_line_of_printable_text() -> None:
    text = "You are not\n\x1b[31m authorized. Encoded authorization failure message: abc-DEF_1"
    assert visible(text, 300) == "You are not [31m authorized."
    assert len(visible("a" * 10_000, 300)) == 300
