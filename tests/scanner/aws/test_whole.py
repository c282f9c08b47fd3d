"""An answer that is cut, or is not the document of its operation, is an error and not empty."""

import json
from typing import Any

import pytest

from scanner.aws.trouble import CutAnswer
from scanner.aws.whole import S3_DOCUMENTS, check_whole

BUCKETS = b'<ListAllMyBucketsResult xmlns="x"><Buckets/></ListAllMyBucketsResult>'
WHOLE = b'{"QueueUrls": []}'
XML = b'<?xml version="1.0"?>\n<ListThingsResponse xmlns="x"><A/></ListThingsResponse>'


def a_response(body: bytes, status: int = 200, length: int | None = None) -> dict[str, Any]:
    announced = len(body) if length is None else length
    return {"body": body, "status_code": status, "headers": {"content-length": str(announced)}}


@pytest.mark.parametrize(
    ("protocol", "body"),
    [("json", WHOLE), ("rest-json", WHOLE), ("json", b"{}"), ("query", XML), ("ec2", XML)],
)
def test_a_whole_answer_passes(protocol: str, body: bytes) -> None:
    check_whole(protocol, "ListThings", a_response(body))


@pytest.mark.parametrize(
    ("protocol", "response"),
    [
        ("json", a_response(WHOLE[:-3])),
        ("json", a_response(WHOLE, length=len(WHOLE) + 5)),
        ("json", a_response(b"")),
        ("json", a_response(b"[]")),
        ("json", a_response(b"null")),
        ("json", a_response(b"\xff\xfe{")),
        ("json", a_response(b"[" * 100_000)),
        ("json", a_response(b"<html>Sign in to the hotel network</html>")),
        ("json", a_response(b'{"n": ' + b"9" * 5_000 + b"}")),
        ("query", a_response(b"<html><body>Sign in</body></html>")),
        ("query", a_response(b"<ListOtherThingsResponse/>")),
        ("query", a_response(b"")),
        ("query", a_response(XML, length=len(XML) + 1)),
        ("rest-xml", a_response(b"<Buckets/>", length=500)),
    ],
)
def test_anything_else_is_a_cut_answer(protocol: str, response: dict[str, Any]) -> None:
    with pytest.raises(CutAnswer):
        check_whole(protocol, "ListThings", response)


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("ListBuckets", BUCKETS),
        ("GetBucketLocation", b"<LocationConstraint/>"),
        ("GetBucketPolicy", b'{"Statement": []}'),
    ],
)
def test_an_answer_of_s3_is_known_by_its_root_and_a_policy_has_none(
    operation: str, body: bytes
) -> None:
    check_whole("rest-xml", operation, a_response(body))


@pytest.mark.parametrize("operation", sorted(S3_DOCUMENTS))
def test_another_document_of_s3_is_a_cut_answer(operation: str) -> None:
    with pytest.raises(CutAnswer):
        check_whole("rest-xml", operation, a_response(b"<html><body>Sign in</body></html>"))


def test_the_body_of_an_error_answer_is_left_alone_when_it_can_be_parsed() -> None:
    refusal = json.dumps({"__type": "AccessDenied"}).encode()
    response = a_response(refusal, status=400)
    check_whole("json", "ListThings", response)
    assert response["body"] == refusal


@pytest.mark.parametrize("body", [b"[]", b"<html>Bad gateway</html>", b'{"cut'])
def test_the_body_of_an_error_answer_that_would_break_the_parser_is_emptied(body: bytes) -> None:
    response = a_response(body, status=502)
    check_whole("json", "ListThings", response)
    assert response["body"] == b""
