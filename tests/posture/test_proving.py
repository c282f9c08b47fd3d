"""What only a proof changes: a new external id, a lax role, an account that two companies claim."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from django.conf import settings

from posture import connections
from posture.connections import proving
from posture.models import Account, AccountDecision, Organisation, Scan, User, database_now
from posture.models.tenancy import within
from posture.operation.deciding import NothingToDecideError, decide
from posture.scans import NotConnectedError, request_scan
from posture.tasks import recheck_connection, tick
from sandbox.aws.faults import Fault
from scanner.role import policy_document
from tests.posture.operation.commands import manage
from tests.posture.rows import a_member, an_account
from tests.posture.sellers import LARKFIELD
from tests.posture.threads import at_once

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(acme: Organisation) -> User:
    return a_member(acme)


@pytest.fixture
def aws(fake_aws: "FakeAws", monkeypatch: pytest.MonkeyPatch) -> "FakeAws":
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    fake_aws.seed("larkfield")
    return fake_aws


def role(aws: "FakeAws", external_id: str | None, name: str = "SellerPostureScan") -> str:
    return aws.create_scan_role(
        account=LARKFIELD,
        external_id=external_id,
        policy_document=policy_document(),
        principal_arn=settings.SCANNER_PRINCIPAL_ARN,
        role_name=name,
    )


def reread(account: Account) -> Account:
    with within(account.organisation_id):
        return Account.objects.get(pk=account.pk)


def change(account: Account, **columns: object) -> Account:
    with within(account.organisation_id):
        Account.objects.filter(pk=account.pk).update(**columns)
    return reread(account)


def proved(aws: "FakeAws", organisation: Organisation, name: str) -> Account:
    """An account that this organisation has proved with a role of its own."""
    account = an_account(
        organisation, LARKFIELD, state="pending", external_id=f"id-of-{name}-12345"
    )
    assert connections.test(
        account=account, role_arn=role(aws, account.external_id, name), by=None
    ).ok
    return reread(account)


def renewed(account: Account, by: User) -> Account:
    with within(account.organisation_id):
        connections.renew_external_id(account=account, by=by)
    return reread(account)


def test_a_new_external_id_waits_for_its_proof_and_then_the_old_one_is_dropped(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    account = proved(aws, acme, "one")
    old = account.external_id
    account = renewed(account, alice)
    new = account.next_external_id
    assert (account.external_id, account.state) == (old, "connected")
    assert new not in ("", old)
    assert new in connections.role_template(account, "cli")
    result = connections.test(account=account, role_arn=account.role_arn, by=None)
    assert (result.ok, result.code) == (True, "old_external_id")
    account = reread(account)
    assert (account.external_id, account.next_external_id) == (old, new)
    assert (account.state, "old ExternalId" in account.state_reason) == ("connected", True)
    role(aws, new, "one")
    assert connections.test(account=account, role_arn=account.role_arn, by=None).code == "connected"
    account = reread(account)
    assert (account.external_id, account.next_external_id) == (new, "")
    assert (account.state, account.state_reason) == ("connected", "")


def test_before_any_proof_a_new_external_id_takes_the_place_at_once(
    acme: Organisation, alice: User
) -> None:
    account = an_account(acme, LARKFIELD, state="pending", external_id="old")
    account = renewed(account, alice)
    assert account.external_id != "old"
    assert account.next_external_id == ""


@pytest.mark.parametrize("state", ["disconnected", "disputed"])
def test_an_account_that_is_not_ours_to_use_gets_no_new_external_id(
    acme: Organisation, alice: User, state: str
) -> None:
    account = an_account(acme, state=state, external_id="old")
    with pytest.raises(connections.InvalidError, match="Connect it first"):
        renewed(account, alice)
    assert reread(account).external_id == "old"


def test_a_test_that_began_before_the_renewal_changes_nothing(
    aws: "FakeAws", acme: Organisation, alice: User
) -> None:
    before = proved(aws, acme, "one")
    after = renewed(reread(before), alice)
    connections.test(account=before, role_arn=before.role_arn, by=None)
    assert reread(before).next_external_id == after.next_external_id


def test_a_role_that_became_lax_is_found_by_the_weekly_look_and_nothing_scans_it(
    aws: "FakeAws", acme: Organisation
) -> None:
    account = change(proved(aws, acme, "one"), recheck_at=database_now())
    role(aws, None, "one")
    assert connections.hand_out_rechecks() == 1
    recheck_connection(str(account.pk))
    account = reread(account)
    assert (account.state, account.state_code) == ("paused", "lax_role")
    assert "can also be assumed" in account.state_reason
    with within(acme):
        with pytest.raises(NotConnectedError, match="can also be assumed"):
            request_scan(account=account, by=None, trigger=Scan.Trigger.API)
        with pytest.raises(connections.InvalidError, match="test the connection"):
            connections.resume(account=account, by=None)
        assert not Scan.objects.exists()
    assert reread(account).state == "paused"
    role(aws, account.external_id, "one")
    assert connections.test(account=account, role_arn=account.role_arn, by=None).ok
    assert (reread(account).state, reread(account).state_code) == ("connected", "")


def test_what_a_person_paused_stays_paused_after_a_proof(
    aws: "FakeAws", acme: Organisation
) -> None:
    account = proved(aws, acme, "one")
    with within(acme):
        connections.pause(account=account, by=None)
    assert connections.test(account=account, role_arn=account.role_arn, by=None).ok
    assert reread(account).state == "paused"


def test_each_role_is_looked_at_once_a_week(aws: "FakeAws", acme: Organisation) -> None:
    account = proved(aws, acme, "one")
    assert account.recheck_at is not None
    assert account.checked_at is not None
    assert timedelta(days=6) < account.recheck_at - account.checked_at < timedelta(days=8)
    assert connections.hand_out_rechecks() == 0
    change(account, recheck_at=database_now())
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
        assert sum(at_once(connections.hand_out_rechecks)) == 1
        assert broker.llen("house") == 1
        broker.flushdb()
    recheck_connection(str(account.pk))
    after = reread(account)
    assert after.recheck_at is not None
    assert after.recheck_at > database_now() + timedelta(days=6)


def test_what_may_pass_is_looked_at_again_in_an_hour(aws: "FakeAws", acme: Organisation) -> None:
    account = change(proved(aws, acme, "one"), recheck_at=database_now())
    assert connections.hand_out_rechecks() == 1
    aws.inject(Fault(kind="deny", action="sts:GetCallerIdentity"))
    recheck_connection(str(account.pk))
    after = reread(account)
    assert after.state == "connected"
    assert after.recheck_at is not None
    assert after.recheck_at < database_now() + proving.UNDER_WAY


@pytest.mark.parametrize("text", ["", "x", "2b1d8f6e-0c1a-4f5e-9d2b-7a6c5e4f3d21"])
def test_a_forged_message_looks_at_nothing(aws: "FakeAws", acme: Organisation, text: str) -> None:
    account = proved(aws, acme, "one")
    asked = len(aws.calls("sts:AssumeRole"))
    for message in (text, str(account.pk)):  # the second one is not due
        recheck_connection(message)
    assert len(aws.calls("sts:AssumeRole")) == asked


def test_the_tick_hands_out_what_is_due(aws: "FakeAws", acme: Organisation) -> None:
    account = change(proved(aws, acme, "one"), recheck_at=database_now())
    tick()
    after = reread(account)
    assert after.recheck_at is not None
    assert after.recheck_at > database_now()


def test_an_account_that_another_company_has_proved_waits_for_a_decision(
    aws: "FakeAws", acme: Organisation, rival: Organisation
) -> None:
    first = proved(aws, acme, "one")
    second = an_account(rival, LARKFIELD, state="pending", external_id="id-of-rival-12345")
    stolen = connections.test(account=second, role_arn=first.role_arn, by=None)
    assert (stolen.ok, stolen.code) == (False, "role_refused")
    assert reread(second).state == "pending"
    arn = role(aws, second.external_id, "two")
    result = connections.test(account=second, role_arn=arn, by=None)
    assert (result.ok, result.code) == (False, "disputed")
    second = reread(second)
    assert (second.state, second.state_code, second.connected_at) == ("disputed", "disputed", None)
    assert "Acme" not in second.state_reason + result.message + result.advice
    with within(rival):
        with pytest.raises(NotConnectedError, match="has to confirm"):
            request_scan(account=second, by=None, trigger=Scan.Trigger.API)
        with pytest.raises(connections.InvalidError):
            connections.resume(account=second, by=None)
    assert connections.test(account=second, role_arn=arn, by=None).code == "disputed"
    assert reread(first).state == "connected"


def test_two_who_prove_it_at_the_same_moment_are_not_both_first(
    aws: "FakeAws", acme: Organisation, rival: Organisation
) -> None:
    rows = [
        an_account(owner, LARKFIELD, state="pending", external_id=f"id-{number}-12345678")
        for number, owner in enumerate((acme, rival))
    ]
    arns = {row.pk: role(aws, row.external_id, f"role{n}") for n, row in enumerate(rows)}
    left = list(rows)
    at_once(lambda: connections.test(account=(row := left.pop()), role_arn=arns[row.pk], by=None))
    assert sorted(reread(row).state for row in rows) == ["connected", "disputed"]


def disputed(aws: "FakeAws", acme: Organisation, rival: Organisation) -> Account:
    proved(aws, acme, "one")
    account = an_account(rival, LARKFIELD, state="pending", external_id="id-of-rival-12345")
    connections.test(account=account, role_arn=role(aws, account.external_id, "two"), by=None)
    return reread(account)


def test_an_operator_allows_it_with_a_reason_that_stays(
    aws: "FakeAws", acme: Organisation, rival: Organisation
) -> None:
    account = disputed(aws, acme, rival)
    command = ("decide_account", LARKFIELD, "--organisation", str(rival.pk), "--allow")
    assert manage(*command).returncode != 0
    assert manage(*command, "--reason", " ").returncode == 1
    done = manage(*command, "--reason", "Both belong to one group, see OPS-7")
    assert done.returncode == 0, done.stderr
    account = reread(account)
    assert (account.state, account.state_code) == ("connected", "")
    assert account.connected_at is not None
    assert connections.test(account=account, role_arn=account.role_arn, by=None).ok
    with within(rival):
        decision = AccountDecision.objects.get()
        assert (decision.allowed, decision.reason) == (True, "Both belong to one group, see OPS-7")
        assert decision.decided_by
    assert manage(*command, "--reason", "again").returncode == 1


def test_an_operator_refuses_it_and_a_new_proof_asks_again(
    aws: "FakeAws", acme: Organisation, rival: Organisation
) -> None:
    account = disputed(aws, acme, rival)
    decide(organisation=rival.pk, aws_account=LARKFIELD, allow=False, reason="Unknown", by="root")
    account = reread(account)
    assert (account.state, account.connected_at) == ("pending", None)
    assert "did not confirm" in account.state_reason
    assert connections.test(account=account, role_arn=account.role_arn, by=None).code == "disputed"


def test_nothing_else_can_be_decided(acme: Organisation, rival: Organisation) -> None:
    an_account(acme, LARKFIELD)
    for organisation in (acme.pk, rival.pk, uuid.uuid4()):
        with pytest.raises(NothingToDecideError, match="waits for no decision"):
            decide(organisation=organisation, aws_account=LARKFIELD, allow=True, reason="x", by="y")


def test_an_account_that_the_first_company_gave_up_can_be_proved_by_the_second(
    aws: "FakeAws", acme: Organisation, rival: Organisation
) -> None:
    account = disputed(aws, acme, rival)
    with within(acme):
        connections.disconnect(account=Account.objects.get(), by=None)
    assert connections.test(account=account, role_arn=account.role_arn, by=None).ok
    assert reread(account).state == "connected"
