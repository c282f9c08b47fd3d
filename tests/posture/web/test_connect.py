"""Connecting an account: four steps, each with its own address, the third against the fake AWS."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from posture import catalogue, connections
from posture.models import Account, Organisation, Scan, Schedule
from posture.models.tenancy import within
from sandbox.aws.faults import Fault
from scanner.role import policy_document
from tests.posture.rows import an_account

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

FORM = {"aws_account": "1111-2222-3333", "label": "larkfield", "product_types": ["ami"]}


def text(content: bytes) -> str:
    return " ".join(content.decode().split())


def the_account(organisation: Organisation) -> Account:
    with within(organisation):
        return Account.objects.get(organisation=organisation)


@pytest.fixture
def pending(acme: Organisation) -> Account:
    """An account in the middle of the wizard."""
    return an_account(acme, state="pending", role_arn="")


@pytest.fixture
def aws(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """The fake AWS with the seller's account, in place of the real one."""
    fake_aws.seed("larkfield")
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    return fake_aws


def make_role(aws: FakeAws, account: Account, settings: LazySettings, **options: object) -> str:
    role = {
        "account": account.aws_account,
        "external_id": account.external_id,
        "policy_document": policy_document(),
        "principal_arn": settings.SCANNER_PRINCIPAL_ARN,
        **options,
    }
    return aws.create_scan_role(**role)  # type: ignore[arg-type] # the options of one test


def test_step_one_makes_a_pending_account_with_an_external_id(
    owner: Client, acme: Organisation
) -> None:
    response = owner.post(reverse("connect"), FORM)
    account = the_account(acme)
    assert response["Location"] == reverse("connect_role", args=[account.pk])
    assert (account.state, account.aws_account) == ("pending", "111122223333")
    assert account.profile["product_types"] == ["ami"]
    assert len(account.external_id) >= 32


def test_step_one_says_how_many_actions_are_read(owner: Client) -> None:
    page = text(owner.get(reverse("connect")).content)
    count = len(catalogue.actions())
    assert f'<b>All reads</b></th><td class="number"><b>{count}</b>' in page
    assert '<b>All writes</b></th><td class="number"><b>0</b>' in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aws_account": ""}, "Give the 12 digits"),
        ({"aws_account": "12"}, "has 12 digits"),
        ({"aws_account": "1111٢222٣333"}, "has 12 digits"),
        ({"aws_account": "x" * 33}, "at most 32 characters"),
        ({"label": ""}, "Give the account a label."),
        ({"label": "a\u202eb"}, "printable characters"),
        ({"label": "x" * 201}, "at most 200 characters"),
        ({"product_types": []}, "Choose at least one."),
        ({"product_types": ["hardware"]}, "Select a valid choice"),
    ],
)
def test_step_one_refuses_nonsense_beside_its_field(
    owner: Client, acme: Organisation, change: dict[str, object], words: str
) -> None:
    response = owner.post(reverse("connect"), FORM | change)
    assert response.status_code == 400
    assert words in text(response.content)
    assert 'aria-invalid="true"' in text(response.content) or "product_types" in change
    with within(acme):
        assert not Account.objects.exists()


def test_an_account_that_is_connected_already_is_not_made_again(
    owner: Client, account: Account
) -> None:
    response = owner.post(reverse("connect"), FORM)
    assert response.status_code == 400
    assert "is connected already" in text(response.content)


def test_step_two_has_the_role_in_three_forms_with_the_external_id(
    owner: Client, pending: Account
) -> None:
    page = text(owner.get(reverse("connect_role", args=[pending.pk])).content)
    assert page.count(pending.external_id) >= 4
    assert "aws cloudformation deploy" in page
    assert "Open CloudFormation" not in page
    for form in ("cloudformation", "terraform", "cli"):
        assert reverse("role_template", args=[pending.pk, form]) in page


def test_a_button_opens_the_console_only_where_the_template_lies_on_s3(
    owner: Client, pending: Account, settings: LazySettings
) -> None:
    settings.ROLE_TEMPLATE_URL = "https://bucket.s3.amazonaws.com/role.yaml"
    page = owner.get(reverse("connect_role", args=[pending.pk])).content.decode()
    link = re.search(r'href="(https://[^"]*quickcreate[^"]*)"', page)
    assert link is not None
    assert "templateURL=https%3A%2F%2Fbucket.s3" in link[1]
    assert f"param_ExternalId={pending.external_id}" in link[1]
    for name in re.findall(r"param_(\w+)=", link[1]):
        assert f"  {name}:" in connections.role_template(pending, "cloudformation")


@pytest.mark.parametrize("form", ["cloudformation", "terraform", "cli"])
def test_the_role_can_be_downloaded(owner: Client, pending: Account, form: str) -> None:
    response = owner.get(reverse("role_template", args=[pending.pk, form]))
    assert response.content.decode() == connections.role_template(pending, form)
    assert response["Content-Disposition"].startswith('attachment; filename="seller-posture-role.')
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_a_form_that_does_not_exist_is_not_found(owner: Client, pending: Account) -> None:
    response = owner.get(reverse("role_template", args=[pending.pk, "pulumi"]))
    assert response.status_code == 404


def test_the_role_arn_is_filled_in(owner: Client, pending: Account) -> None:
    page = owner.get(reverse("connect_test", args=[pending.pk])).content.decode()
    assert 'value="arn:aws:iam::111122223333:role/SellerPostureScan"' in page


def test_an_empty_role_arn_is_refused_beside_its_field(owner: Client, pending: Account) -> None:
    response = owner.post(reverse("connect_test", args=[pending.pk]), {"role_arn": " "})
    assert response.status_code == 400
    assert "Give the ARN of the role you created." in response.content.decode()


def checks(page: str) -> dict[str, str]:
    """The rows of the result: check to word."""
    table = page.partition("Each check of the connection")[2].partition("</table>")[0]
    rows = re.findall(
        r'class="fold-line keep">(?:<code>)?([^<]*).*?</use></svg>([^<]*)</span>', table
    )
    return dict(rows)


@pytest.mark.django_db(transaction=True)
def test_a_good_role_connects_and_the_proof_is_shown(
    owner: Client, pending: Account, aws: FakeAws, settings: LazySettings
) -> None:
    arn = make_role(aws, pending, settings)
    response = owner.post(reverse("connect_test", args=[pending.pk]), {"role_arn": arn})
    page = text(response.content)
    assert "Connected" in page
    assert set(checks(page).values()) == {"Passed"}
    assert checks(page)["Without external id"] == "Passed"
    assert reverse("connect_schedule", args=[pending.pk]) in page
    assert the_account(pending.organisation).state == "connected"


@pytest.mark.django_db(transaction=True)
def test_a_role_that_works_without_the_external_id_is_refused(
    owner: Client, pending: Account, aws: FakeAws, settings: LazySettings
) -> None:
    arn = make_role(aws, pending, settings, external_id=None)
    page = text(owner.post(reverse("connect_test", args=[pending.pk]), {"role_arn": arn}).content)
    found = checks(page)
    assert found["With the external id"] == "Passed"
    assert found["Without external id"] == "Failed"
    assert found["With a wrong external id"] == "Not tried"
    assert "Not connected" in page
    assert "Continue to the schedule" not in page
    assert the_account(pending.organisation).state == "pending"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "arn",
    [
        "nonsense",
        "arn:aws:iam::999900001111:role/SellerPostureScan",
        "arn:aws:iam::111122223333:user/SellerPostureScan",
        "arn:aws:iam::111122223333:role/NotThere",
        "<script>alert(1)</script>",
    ],
)
def test_a_wrong_role_is_refused_with_advice(
    owner: Client, pending: Account, aws: FakeAws, arn: str
) -> None:
    response = owner.post(reverse("connect_test", args=[pending.pk]), {"role_arn": arn})
    page = text(response.content)
    assert "Not connected" in page
    assert "Failed" in checks(page).values()
    assert re.search(r"<b>[A-Z][^<]+\.</b>", page.partition("h-result")[2])
    assert "<script>alert" not in page


@pytest.mark.django_db(transaction=True)
def test_a_denied_action_is_shown_and_the_role_still_connects(
    owner: Client, pending: Account, aws: FakeAws, settings: LazySettings
) -> None:
    arn = make_role(aws, pending, settings)
    aws.inject(Fault(action="sqs:ListQueues", kind="deny"))
    page = text(owner.post(reverse("connect_test", args=[pending.pk]), {"role_arn": arn}).content)
    assert checks(page)["sqs:ListQueues"] == "Failed"
    assert "Allow sqs:ListQueues" in page
    assert the_account(pending.organisation).state == "connected"


def test_the_schedule_comes_after_the_test(owner: Client, pending: Account) -> None:
    response = owner.get(reverse("connect_schedule", args=[pending.pk]))
    assert response["Location"] == reverse("connect_test", args=[pending.pk])


def test_the_last_step_schedules_and_starts_the_first_scan(owner: Client, account: Account) -> None:
    form = {"preset": "daily", "zone": "Europe/Berlin", "then": "scan"}
    response = owner.post(reverse("connect_schedule", args=[account.pk]), form)
    with within(account.organisation_id):
        scan = Scan.objects.get()
        assert Schedule.objects.get().zone == "Europe/Berlin"
    assert response["Location"] == reverse("scan", args=[scan.pk])
    assert (scan.trigger, scan.state) == ("first", "queued")


def test_the_first_scan_may_wait(owner: Client, account: Account) -> None:
    form = {"preset": "off", "zone": "UTC", "then": "later"}
    response = owner.post(reverse("connect_schedule", args=[account.pk]), form)
    assert response["Location"] == reverse("account", args=[account.pk])
    with within(account.organisation_id):
        assert not Scan.objects.exists()
        assert Schedule.objects.get().next_run is None


def test_a_schedule_that_cannot_be_used_starts_nothing(owner: Client, account: Account) -> None:
    form = {"preset": "custom", "cron": "nonsense", "zone": "UTC", "then": "scan"}
    response = owner.post(reverse("connect_schedule", args=[account.pk]), form)
    assert response.status_code == 400
    with within(account.organisation_id):
        assert not Scan.objects.exists()
        assert not Schedule.objects.exists()


def test_the_wizard_can_be_left_and_taken_up_again(
    owner: Client, acme: Organisation, pending: Account
) -> None:
    assert reverse("connect_role", args=[pending.pk]) in owner.get("/").content.decode()
    again = owner.post(reverse("connect"), FORM)
    assert again["Location"] == reverse("connect_role", args=[pending.pk])
    assert the_account(acme).external_id == pending.external_id


def test_the_downloaded_policy_reads_and_never_writes(owner: Client, pending: Account) -> None:
    script = connections.role_template(pending, "cli")
    document = script.split("<<'END'\n")[2].partition("\nEND")[0]
    allowed = [
        action
        for statement in json.loads(document)["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    ]
    verbs = ("Get", "List", "Describe", "Lookup", "GenerateCredentialReport")
    assert allowed
    assert all(action.partition(":")[2].startswith(verbs) for action in allowed)
