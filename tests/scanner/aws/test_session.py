"""Roles are checked before anyone is asked, and sessions show our name."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader

from scanner.aws import CannotReach, Role, session_name
from scanner.aws.session import models, open_session, parse_time, partition_of

ARN = "arn:aws:iam::111122223333:role/SellerPostureScan"


def test_a_role_knows_its_account_and_partition() -> None:
    role = Role("arn:aws-us-gov:iam::111122223333:role/team/Scan", "an-external-id")
    assert (role.account, role.partition) == ("111122223333", "aws-us-gov")


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "SellerPostureScan",
        "arn:aws:iam::111122223333:user/SellerPostureScan",
        "arn:aws:iam::11112222333:role/SellerPostureScan",
        "arn:aws:iam::111122223333:role/",
        "arn:aws:sts::111122223333:assumed-role/SellerPostureScan/me",
        "arn:aws-x:iam::111122223333:role/SellerPostureScan",
        f" {ARN}",
        f"{ARN}\n",
        f"arn:aws:iam::{chr(0xFF11) * 12}:role/SellerPostureScan",
        f"{ARN}<script>",
        "arn:aws:iam::111122223333:role/" + "a" * 10_000,
    ],
)
def test_a_text_that_is_no_role_arn_is_refused_with_advice(arn: str) -> None:
    with pytest.raises(CannotReach) as refusal:
        Role(arn, "an-external-id")
    assert refusal.value.code == "wrong_arn"
    assert "arn:aws:iam::111122223333:role/SellerPostureScan" in refusal.value.advice


@pytest.mark.parametrize("external_id", ["", "a", "with space", "a\n", "ä" * 8, "a" * 1_225])
def test_a_text_that_is_no_external_id_is_refused(external_id: str) -> None:
    with pytest.raises(CannotReach) as refusal:
        Role(ARN, external_id)
    assert refusal.value.code == "wrong_external_id"


def test_a_role_does_not_show_its_external_id() -> None:
    assert "canary" not in repr(Role(ARN, "canary-external-id"))


@pytest.mark.parametrize(
    ("scan", "name"),
    [
        ("0f8fad5b", "seller-posture-0f8fad5b"),
        ("a b/c", "seller-posture-a-b-c"),
        ("x" * 100, "seller-posture-" + "x" * 49),
    ],
)
def test_session_names_show_the_scan_within_64_characters(scan: str, name: str) -> None:
    assert session_name(scan) == name


def test_sessions_share_one_loader_of_service_models() -> None:
    assert open_session().get_component("data_loader") is models()
    assert open_session().get_component("data_loader") is models()


@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1"])
def test_services_are_those_that_botocore_finds(kind: str) -> None:
    assert set(Loader().list_available_services(kind)) <= set(
        models().list_available_services(kind)
    )


def test_a_service_that_botocore_does_not_know_has_no_model() -> None:
    with pytest.raises(UnknownServiceError):
        models().load_service_model("no-such-service", "service-2")


def test_a_profile_that_does_not_exist_is_named_as_the_cause() -> None:
    with pytest.raises(CannotReach) as refusal:
        open_session("no-such-profile")
    assert refusal.value.code == "own_credentials_missing"


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-24T08:00:00Z",
        "2026-11-24T08:00:00.000Z",
        "2026-11-24T09:00:00+01:00",
        "2026-11-24T08:00:00",
        "Tue, 24 Nov 2026 08:00:00 GMT",
        1795507200,
        1795507200.0,
    ],
)
def test_timestamps_are_read_in_every_spelling(value: object) -> None:
    assert parse_time(value) == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("us-east-1", "aws"),
        ("eu-west-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("", "aws"),
    ],
)
def test_our_own_region_tells_the_partition(
    monkeypatch: pytest.MonkeyPatch, region: str, partition: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    assert partition_of(open_session()) == partition
