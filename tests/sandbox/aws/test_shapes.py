"""Values are written along AWS's model; what the model does not know is refused."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import botocore.session
import pytest
from botocore.model import StructureShape

from sandbox.aws.shapes import DriftError, as_header, as_plain, write_members

WHEN = datetime(2026, 11, 23, 10, 0, 5, tzinfo=UTC)


@cache
def shape(service: str, name: str) -> StructureShape:
    """A structure of a service."""
    return cast(
        StructureShape, botocore.session.Session().get_service_model(service).shape_for(name)
    )


def xml(service: str, name: str, value: dict[str, Any]) -> str:
    """The value as XML."""
    out: list[str] = []
    write_members(shape(service, name), value, out)
    return "".join(out)


@pytest.mark.parametrize(
    ("service", "name", "value", "written"),
    [
        ("iam", "Tag", {"Key": "<img>&", "Value": "a\rb"}, "<Key>&lt;img&gt;&amp;</Key><Value>a&#13;b</Value>"),
        ("iam", "Tag", {"Key": "bell\x07", "Value": "x" * 3}, "<Key>bell\N{REPLACEMENT CHARACTER}</Key><Value>xxx</Value>"),
        ("iam", "Tag", {"Key": "k", "Value": None}, "<Key>k</Key>"),
        ("iam", "PolicyVersion", {"IsDefaultVersion": False}, "<IsDefaultVersion>false</IsDefaultVersion>"),
        ("iam", "PolicyVersion", {"CreateDate": WHEN}, "<CreateDate>2026-11-23T10:00:05Z</CreateDate>"),
        ("ec2", "Image", {"Public": True}, "<isPublic>true</isPublic>"),
        ("ec2", "Image", {"ProductCodes": [{"ProductCodeId": "c"}]}, "<productCodes><item><productCode>c</productCode></item></productCodes>"),
        ("iam", "GetAccountSummaryResponse", {"SummaryMap": {"Users": 3}}, "<SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>"),
        ("iam", "GetCredentialReportResponse", {"Content": b"ab"}, "<Content>YWI=</Content>"),
        ("s3", "ServerSideEncryptionConfiguration", {"Rules": [{}, {}]}, "<Rule></Rule><Rule></Rule>"),
    ],
)  # fmt: skip
def test_xml_follows_the_model(
    service: str, name: str, value: dict[str, Any], written: str
) -> None:
    assert xml(service, name, value) == written


@pytest.mark.parametrize(
    ("service", "name", "value", "written"),
    [
        ("cloudtrail", "Event", {"EventTime": WHEN}, {"EventTime": WHEN.timestamp()}),
        ("sqs", "GetQueueAttributesResult", {"Attributes": {"Policy": "{"}}, {"Attributes": {"Policy": "{"}}),
        ("events", "Rule", {"Name": "a", "Description": None}, {"Name": "a"}),
        ("marketplace-catalog", "DescribeEntityResponse", {"DetailsDocument": {"Versions": [1]}}, {"DetailsDocument": {"Versions": [1]}}),
    ],
)  # fmt: skip
def test_json_follows_the_model(
    service: str, name: str, value: dict[str, Any], written: dict[str, Any]
) -> None:
    assert as_plain(shape(service, name), value) == written


@pytest.mark.parametrize(
    ("service", "name", "value"),
    [
        ("iam", "Tag", {"Colour": "red"}),
        ("iam", "Tag", {"Key": 5}),
        ("iam", "UserDetail", {"CreateDate": "2026-11-23"}),
        ("iam", "UserDetail", {"GroupList": "admins"}),
        ("ec2", "EbsBlockDevice", {"VolumeSize": "8"}),
        ("ec2", "EbsBlockDevice", {"VolumeSize": True}),
        ("ec2", "Image", {"Public": "true"}),
        ("ec2", "Image", {"BlockDeviceMappings": [{"Ebs": {"Colour": "red"}}]}),
    ],
)
def test_what_the_model_does_not_know_is_refused(
    service: str, name: str, value: dict[str, Any]
) -> None:
    with pytest.raises(DriftError):
        xml(service, name, value)
    with pytest.raises(DriftError):
        as_plain(shape(service, name), value)


def test_headers_carry_dates_and_flags_as_http_does() -> None:
    head = shape("s3", "HeadObjectOutput")
    assert as_header(head.members["LastModified"], WHEN) == "Mon, 23 Nov 2026 10:00:05 GMT"
    assert as_header(head.members["DeleteMarker"], False) == "false"
