"""A second look by a real worker: from the button to the closed finding, through lost workers."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from posture.catalogue import control
from posture.models import (
    Account,
    Finding,
    FindingEvent,
    Organisation,
    Scan,
    Verification,
)
from posture.models.tenancy import within
from posture.scans import claim, run, take_back_verifications
from sandbox.aws.faults import Fault
from tests.posture.rows import a_member, a_scan, an_organisation
from tests.posture.sellers import PUBLIC_IMAGE, a_seller, close_image
from tests.posture.workers import a_worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

ALWAYS = {"sts:AssumeRole", "sts:GetCallerIdentity"}


@pytest.fixture
def aws(fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> "FakeAws":
    """The fake AWS with the seller account that has faults in every topic."""
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("larkfield")
    return fake_aws


@pytest.fixture
def seller(aws: "FakeAws") -> Account:
    """Its account, scanned."""
    account = a_seller(aws, an_organisation("Larkfield"))
    claimed = claim(a_scan(account).pk)
    assert claimed is not None
    run(claimed)
    with within(account.organisation_id):
        account.refresh_from_db()
    return account


@pytest.fixture
def finding(seller: Account) -> Finding:
    """Everybody may launch the image."""
    with within(seller.organisation_id):
        return Finding.objects.get(control="AMI-06", resource__endswith=PUBLIC_IMAGE)


@pytest.fixture
def owner(seller: Account) -> Client:
    """The browser of the seller's owner."""
    client = Client(raise_request_exception=True)
    with within(seller.organisation_id):
        organisation = Organisation.objects.get()
    user = a_member(organisation)
    client.force_login(user, settings.AUTHENTICATION_BACKENDS[0])
    return client


def fix(aws: "FakeAws") -> None:
    close_image(aws)
    aws.forget_calls()


def others(finding: Finding) -> list[object]:
    with within(finding.organisation_id):
        columns = [one.attname for one in Finding._meta.concrete_fields if "points" not in one.name]
        rows = Finding.objects.exclude(pk=finding.pk).order_by("pk")
        return list(rows.values_list(*columns))


def is_over(owner: Client, finding: Finding) -> bool:
    """Tick as beat does, and poll as the page does until it is told to load itself again."""
    take_back_verifications()
    address = reverse("finding_verification", args=[finding.pk])
    return "HX-Refresh" in owner.get(address, headers={"HX-Request": "true"})


def press(owner: Client, finding: Finding) -> None:
    owner.post(reverse("finding_verification", args=[finding.pk]))


def look_of(finding: Finding) -> Verification:
    with within(finding.organisation_id):
        return Verification.objects.get()


def test_a_fixed_fault_is_closed_from_its_own_page(
    aws: "FakeAws", seller: Account, finding: Finding, owner: Client, tmp_path: Path
) -> None:
    fix(aws)
    before = others(finding)
    with a_worker(tmp_path, aws.environment()) as worker:
        press(owner, finding)
        wait_until(lambda: is_over(owner, finding), worker.log.read_text)
    page = owner.get(reverse("finding", args=[finding.pk])).content.decode()
    assert "Resolved: the fault is gone" in page
    assert "asked by Alice" in page
    assert others(finding) == before
    asked = set(aws.count_calls())
    assert asked <= {*control("AMI-06").actions, *ALWAYS}
    assert "ec2:DescribeImages" in asked
    with_the_fault = seller.open_critical
    with within(seller.organisation_id):
        seller.refresh_from_db()
        finding.refresh_from_db()
    assert finding.resolution == "fixed"
    assert seller.open_critical == with_the_fault - 1
    claimed = claim(a_scan(seller).pk)
    assert claimed is not None
    by_look = (seller.score, seller.score_low, seller.coverage, seller.open_critical)
    run(claimed)
    with within(seller.organisation_id):
        seller.refresh_from_db()
        assert Scan.objects.get(pk=claimed.scan.pk).counts["opened"] == 0
    assert (seller.score, seller.score_low, seller.coverage, seller.open_critical) == by_look


def test_a_look_whose_worker_is_killed_is_finished_by_another(
    aws: "FakeAws", finding: Finding, owner: Client, tmp_path: Path
) -> None:
    fix(aws)
    aws.inject(Fault(kind="latency", action="ec2:DescribeImages", seconds=30))
    with a_worker(tmp_path, aws.environment()) as worker:
        press(owner, finding)
        wait_until(lambda: look_of(finding).progress["calls"] > 0, worker.log.read_text)
        worker.send(signal.SIGKILL)
    aws.clear_faults()
    assert look_of(finding).state == "running"
    with a_worker(tmp_path, aws.environment()) as worker:
        wait_until(lambda: is_over(owner, finding), worker.log.read_text)
    row = look_of(finding)
    assert (row.state, row.seen, row.attempt, row.fence) == ("done", "fixed", 2, 2)
    with within(finding.organisation_id):
        events = FindingEvent.objects.filter(finding=finding).order_by("sequence")
        assert [one.kind for one in events] == ["opened", "resolved"]


def test_a_worker_that_is_asked_to_stop_hands_its_look_on(
    aws: "FakeAws", finding: Finding, owner: Client, tmp_path: Path
) -> None:
    aws.inject(Fault(kind="latency", action="ec2:DescribeImages", seconds=60))
    polite = {"REMAP_SIGTERM": "SIGQUIT", "SOFT_SHUTDOWN_SECONDS": "1"}
    with a_worker(tmp_path, aws.environment() | polite) as worker:
        press(owner, finding)
        wait_until(lambda: look_of(finding).progress["calls"] > 0, worker.log.read_text)
        worker.terminate()
    aws.clear_faults()
    with a_worker(tmp_path, aws.environment()) as worker:
        wait_until(lambda: is_over(owner, finding), worker.log.read_text)
    assert (look_of(finding).state, look_of(finding).seen) == ("done", "failing")
