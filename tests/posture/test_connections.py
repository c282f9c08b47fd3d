"""Connecting an account: what is typed, the role's template, and what its test proves."""

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from django.conf import settings

from posture import catalogue, connections
from posture.models import Account, Finding, Organisation, Schedule, User
from posture.models.tenancy import within
from sandbox.aws.faults import Fault
from scanner.role import policy_document
from tests.posture.rows import a_member, an_account
from tests.posture.sellers import LARKFIELD

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws


@pytest.fixture
def alice(acme: Organisation) -> User:
    """An owner of Acme."""
    return a_member(acme)


def begin(organisation: Organisation, by: User, **options: object) -> Account:
    with within(organisation):
        return connections.begin(
            organisation=organisation,
            by=by,
            **{  # type: ignore[arg-type] # a test gives what fits
                "aws_account": LARKFIELD,
                "label": "Larkfield",
                "product_types": ["ami"],
                **options,
            },
        )


def reread(account: Account) -> Account:
    with within(account.organisation_id):
        return Account.objects.get(pk=account.pk)


def test_an_account_begins_pending_with_an_external_id_nobody_guesses(
    acme: Organisation, alice: User
) -> None:
    one = begin(acme, alice, product_types=["saas_contract", "ami"])
    two = begin(acme, alice, aws_account="444455556666")
    assert one.state == "pending"
    assert one.profile == {"product_types": ["ami", "saas_contract"]}
    assert one.role_actions == list(catalogue.actions())
    assert re.fullmatch(r"seller-posture-[0-9a-f]{40}", one.external_id)
    assert one.external_id != two.external_id


def test_an_account_number_may_be_typed_as_the_console_shows_it(
    acme: Organisation, alice: User
) -> None:
    assert begin(acme, alice, aws_account=" 1111-2222-3333 ").aws_account == LARKFIELD


def test_beginning_again_keeps_the_external_id_that_a_role_may_hold_already(
    acme: Organisation, alice: User
) -> None:
    first = begin(acme, alice)
    again = begin(acme, alice, label="Renamed", product_types=["ml"])
    assert (again.pk, again.external_id, again.label) == (first.pk, first.external_id, "Renamed")


@pytest.mark.parametrize("state", ["connected", "paused"])
def test_a_connected_account_cannot_begin_again(
    acme: Organisation, alice: User, state: str
) -> None:
    an_account(acme, LARKFIELD, state=state)
    with pytest.raises(connections.InvalidError, match="connected already"):
        begin(acme, alice)


def test_another_companys_account_of_the_same_number_is_no_hindrance(
    acme: Organisation, rival: Organisation, alice: User
) -> None:
    an_account(rival, LARKFIELD)
    assert begin(acme, alice).state == "pending"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"aws_account": "1234"}, "aws_account"),
        ({"aws_account": "11112222333a"}, "aws_account"),
        ({"aws_account": "١١١١٢٢٢٢٣٣٣٣"}, "aws_account"),
        ({"aws_account": ""}, "aws_account"),
        ({"label": " "}, "label"),
        ({"label": "x" * 201}, "label"),
        ({"label": "a\x00b"}, "label"),
        ({"label": "a\u202eb"}, "label"),
        ({"product_types": []}, "product_types"),
        ({"product_types": ["toys"]}, "product_types"),
        ({"partition": "moon"}, "partition"),
    ],
)
def test_nonsense_is_refused_and_names_the_field(
    acme: Organisation, alice: User, options: dict[str, object], field: str
) -> None:
    with pytest.raises(connections.InvalidError) as refusal:
        begin(acme, alice, **options)
    assert refusal.value.field == field
    with within(acme):
        assert not Account.objects.exists()


def test_the_template_trusts_us_with_this_accounts_external_id_only(account: Account) -> None:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short functions as plain values."""

    Loader.add_multi_constructor("!", lambda loader, suffix, node: f"!{suffix} {node.value}")
    template = yaml.load(connections.role_template(account, "cloudformation"), Loader)  # noqa: S506 - a safe loader
    parameters = template["Parameters"]
    assert parameters["ExternalId"]["Default"] == account.external_id
    assert parameters["PrincipalArn"]["Default"] == settings.SCANNER_PRINCIPAL_ARN


@pytest.mark.parametrize("form", ["cloudformation", "terraform", "cli"])
def test_every_form_names_the_external_id_and_every_action(account: Account, form: str) -> None:
    text = connections.role_template(account, form)
    assert account.external_id in text
    for action in catalogue.actions():
        assert action in text


@pytest.fixture
def aws(fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> "FakeAws":
    """The fake AWS, as the scanner of this process sees it."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("larkfield")
    return fake_aws


def make_role(aws: "FakeAws", account: Account, external_id: str | None) -> str:
    return aws.create_scan_role(
        account=account.aws_account,
        external_id=external_id,
        policy_document=policy_document(),
        principal_arn=settings.SCANNER_PRINCIPAL_ARN,
    )


def test_a_role_that_holds_connects_the_account(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    account = begin(acme, alice)
    arn = make_role(aws, account, account.external_id)
    result = connections.test(account=account, by=None, role_arn=f"  {arn}\n")
    assert (result.ok, result.code) == (True, "connected")
    assert [state for _, state, _ in result.checks] == ["ok"] * len(connections.STEPS)
    row = reread(account)
    assert (row.state, row.role_arn, row.state_reason) == ("connected", arn, "")
    assert row.connected_at is not None
    assert row.checked_at is not None


def test_a_role_that_also_works_without_the_external_id_is_refused(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    account = begin(acme, alice)
    result = connections.test(account=account, by=None, role_arn=make_role(aws, account, None))
    assert (result.ok, result.code) == (False, "lax_role")
    states = {name: state for name, state, _ in result.checks}
    assert states["With the external id"] == "ok"
    assert states["Without external id"] == "failed"
    assert states["iam:GetAccountSummary"] == "skipped"
    row = reread(account)
    assert (row.state, row.role_arn, row.connected_at) == ("pending", "", None)
    assert "sts:ExternalId" in row.state_reason
    assert account.external_id not in row.state_reason


def test_a_connected_role_that_has_become_lax_is_paused_until_it_holds(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    account = begin(acme, alice)
    arn = make_role(aws, account, account.external_id)
    assert connections.test(account=account, by=None, role_arn=arn).ok
    make_role(aws, account, None)
    assert connections.test(account=account, role_arn=arn, by=None).code == "lax_role"
    assert reread(account).state == "paused"
    make_role(aws, account, account.external_id)
    assert connections.test(account=account, by=None, role_arn=arn).ok
    assert reread(account).state == "connected"


def test_an_account_given_up_while_it_was_tested_stays_given_up(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    account = begin(acme, alice)
    arn = make_role(aws, account, account.external_id)
    with within(acme):
        connections.disconnect(account=Account.objects.get(pk=account.pk), by=None)
    assert connections.test(account=account, by=None, role_arn=arn).ok
    row = reread(account)
    assert (row.state, row.role_arn) == ("disconnected", "")


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("nonsense", "wrong_arn"),
        ("", "wrong_arn"),
        (f"arn:aws:iam::{LARKFIELD}:user/x", "wrong_arn"),
        ("arn:aws:iam::999988887777:role/Other", "wrong_account"),
        (f"arn:aws-cn:iam::{LARKFIELD}:role/Other", "wrong_partition"),
        (f"arn:aws:iam::{LARKFIELD}:role/Missing", "role_refused"),
        ("arn:aws:iam::111122223333:role/" + "x" * 10_000, "wrong_arn"),
        ("a\x00b", "wrong_arn"),
    ],
)
def test_a_wrong_role_is_refused_with_what_to_do(
    aws: "FakeAws", acme: Organisation, alice: User, arn: str, code: str
) -> None:
    account = begin(acme, alice)
    result = connections.test(account=account, by=None, role_arn=arn)
    assert (result.ok, result.code) == (False, code)
    assert result.message
    assert result.advice
    assert [state for _, state, _ in result.checks].count("failed") == 1
    assert reread(account).state == "pending"


def test_a_refused_read_is_shown_but_connects(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    account = begin(acme, alice)
    aws.inject(Fault(kind="deny", action="sqs:ListQueues"))
    result = connections.test(
        account=account, by=None, role_arn=make_role(aws, account, account.external_id)
    )
    states = {name: state for name, state, _ in result.checks}
    assert result.ok
    assert states["sqs:ListQueues"] == "failed"
    assert "sqs:ListQueues" in result.advice


def test_a_failing_test_leaves_a_connected_account_connected(
    aws: "FakeAws", acme: Organisation
) -> None:
    account = an_account(acme, LARKFIELD)
    before = account.role_arn
    result = connections.test(
        account=account, by=None, role_arn=f"arn:aws:iam::{LARKFIELD}:role/Missing"
    )
    row = reread(account)
    assert not result.ok
    assert (row.state, row.role_arn) == ("connected", before)
    assert row.state_reason


def test_pausing_and_resuming_move_only_between_those_two(account: Account) -> None:
    with within(account.organisation_id):
        connections.resume(account=account, by=None)
        assert account.state == "connected"
        connections.pause(account=account, by=None)
        assert reread(account).state == "paused"
        connections.resume(account=account, by=None)
        assert reread(account).state == "connected"


def test_disconnecting_forgets_the_way_in_and_stops_the_schedule(account: Account) -> None:
    old = account.external_id
    with within(account.organisation_id):
        connections.set_schedule(account=account, by=None, preset="daily")
        connections.disconnect(account=account, by=None)
        row = reread(account)
        assert (row.state, row.role_arn) == ("disconnected", "")
        assert row.external_id != old
        assert Schedule.objects.get().next_run is None


def test_every_control_is_described_for_people() -> None:
    pages = catalogue.controls()
    assert len(pages) == len({page.id for page in pages})
    for page in pages:
        assert catalogue.control(page.id) == page
        assert page.topic in catalogue.topics()
        assert page.title
        assert page.risk


def test_an_unknown_control_is_a_key_error_but_old_findings_can_still_be_shown() -> None:
    with pytest.raises(KeyError):
        catalogue.control("SQS-99")
    assert "SQS-99" in catalogue.described("SQS-99").title


def test_a_remedy_is_filled_with_the_findings_names_and_keeps_what_is_missing() -> None:
    whole = Finding(control="AMI-06", values={"image": "ami-1", "region": "eu-west-1"})
    assert "ami-1" in catalogue.remedy_for(whole).cli
    assert "[[" not in json.dumps(catalogue.remedy_for(whole).cli)
    partial = Finding(control="AMI-06", values={"image": "ami-1"})
    assert "[[region]]" in catalogue.remedy_for(partial).cli


def test_the_rules_of_the_score_are_those_in_force() -> None:
    rules = catalogue.score_explained()
    assert rules.taken == {"critical": 35, "high": 12, "medium": 4, "low": 1, "info": 0}
    assert rules.most["critical"] == 70
