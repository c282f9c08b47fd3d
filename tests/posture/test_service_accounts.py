"""Service accounts: tokens belong to programs, are rotated with overlap, and outlive people."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from posture import access, tokens
from posture.models import (
    Account,
    ApiToken,
    Organisation,
    Role,
    ServiceAccount,
    TokenAccount,
    database_now,
)
from posture.models.tenancy import within
from tests.posture.rows import a_member, an_account
from tests.posture.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

HERE = "203.0.113.7"


def issue(organisation: Organisation, **options: object) -> tuple[ApiToken, str]:
    with within(organisation):
        return tokens.issue(
            organisation=organisation,
            by=None,
            **{"name": "tickets", "scopes": ["findings:read"], **options},  # type: ignore[arg-type] # a test gives what fits
        )


def rotate(token: ApiToken, hours: int = 24) -> tuple[ApiToken, str]:
    with within(token.organisation_id):
        return tokens.rotate(token=token, by=None, overlap_hours=hours)


def reread(token: ApiToken) -> ApiToken:
    with within(token.organisation_id):
        return ApiToken.objects.select_related("service_account").get(pk=token.pk)


def update(token: ApiToken, **fields: object) -> None:
    with within(token.organisation_id):
        ApiToken.objects.filter(pk=token.pk).update(**fields)


def refusal(text: str) -> str:
    with pytest.raises(tokens.RefusedError) as refused:
        tokens.verify(text, HERE)
    return refused.value.code


def test_a_token_belongs_to_the_service_account_of_its_name_or_the_one_given(
    acme: Organisation,
) -> None:
    first, second = issue(acme)[0], issue(acme)[0]
    with within(acme):
        other = tokens.make_service_account(organisation=acme, by=None, name="jira", purpose="")
    third, _ = issue(acme, owner=other)
    owners = [reread(one).service_account.name for one in (first, second, third)]
    assert owners == ["tickets", "tickets", "jira"]
    with within(acme):
        assert ServiceAccount.objects.count() == 2


def test_disabling_a_service_account_stops_its_tokens_at_once_and_only_these(
    acme: Organisation,
) -> None:
    token, text = issue(acme)
    _, other = issue(acme, name="other")
    with within(acme):
        ServiceAccount.objects.filter(pk=token.service_account_id).update(active=False)
    assert refusal(text) == "service_account_disabled"
    assert tokens.verify(other, HERE).name == "other"
    with pytest.raises(ValueError, match="tickets is disabled"):
        issue(acme)
    with pytest.raises(ValueError, match="tickets is disabled"):
        rotate(token)
    with within(acme):
        ServiceAccount.objects.filter(pk=token.service_account_id).update(active=True)
    assert tokens.verify(text, HERE).pk == token.pk


def test_tokens_outlive_the_person_who_made_them(acme: Organisation) -> None:
    alice = a_member(acme, "alice", Role.OWNER)
    _, text = issue(acme)
    with within(acme):
        ApiToken.objects.update(created_by=alice)
        ServiceAccount.objects.update(created_by=alice)
        alice.delete()
    token = tokens.verify(text, HERE)
    assert token.created_by_id is None


def test_two_organisations_may_use_the_same_name(acme: Organisation, rival: Organisation) -> None:
    for organisation in (acme, rival):
        with within(organisation):
            tokens.make_service_account(organisation=organisation, by=None, name="x", purpose="")
    with within(acme), pytest.raises(ValueError, match="There is a service account x already"):
        tokens.make_service_account(organisation=acme, by=None, name=" x ", purpose="")


def test_a_service_account_of_others_owns_nothing_of_ours(
    acme: Organisation, rival: Organisation
) -> None:
    with within(rival):
        theirs = tokens.make_service_account(organisation=rival, by=None, name="x", purpose="")
    with pytest.raises(IntegrityError, match="same_organisation"):
        issue(acme, owner=theirs)


def test_a_rotated_token_opens_the_same_doors(acme: Organisation) -> None:
    account, _ = an_account(acme), an_account(acme, "444455556666")
    old, old_text = issue(
        acme, accounts=[account], networks=["203.0.113.0/24"], scopes=["scans:run"], days=30
    )
    new, text = rotate(old)
    assert text != old_text
    now = tokens.verify(text, HERE)
    assert (now.name, now.scopes, now.networks, now.service_account_id) == (
        old.name, ["scans:run"], ["203.0.113.0/24"], old.service_account_id,
    )  # fmt: skip
    with within(acme):
        assert access.scope_of_token(now).account_ids == frozenset({account.pk})
    assert near(new.expires_at, timedelta(days=30))


def near(moment: datetime, ahead: timedelta) -> bool:
    return abs(moment - database_now() - ahead) < timedelta(minutes=10)


def test_both_work_until_the_overlap_is_over(acme: Organisation) -> None:
    old, old_text = issue(acme)
    _, text = rotate(old, 24)
    assert {tokens.verify(one, HERE).name for one in (old_text, text)} == {"tickets"}
    assert near(reread(old).expires_at, timedelta(hours=24))
    update(old, expires_at=database_now())
    assert refusal(old_text) == "token_expired"
    assert tokens.verify(text, HERE).replaces_id == old.pk


def test_without_overlap_the_old_one_ends_now(acme: Organisation) -> None:
    old, old_text = issue(acme)
    rotate(old, 0)
    assert refusal(old_text) == "token_expired"


def test_an_overlap_makes_no_token_live_longer(acme: Organisation) -> None:
    old, _ = issue(acme, days=1)
    rotate(old, 168)
    assert near(reread(old).expires_at, timedelta(days=1))


def test_a_restricted_token_whose_accounts_are_gone_stays_restricted(
    acme: Organisation,
) -> None:
    old, _ = issue(acme, accounts=[an_account(acme)])
    with within(acme):
        TokenAccount.objects.all().delete()
        gone = Account.objects.all()
        gone._raw_delete(gone.db)  # Django would look at decisions, which `app` may not delete
    new, _ = rotate(old)
    with within(acme):
        assert access.scope_of_token(new).account_ids == frozenset()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"enabled": False}, "was revoked"),
        ({"expires_at": "past"}, "has expired"),
        ({}, "rotated already"),
    ],
)
def test_what_does_not_work_any_more_is_not_rotated(
    acme: Organisation, change: dict[str, object], said: str
) -> None:
    token, _ = issue(acme)
    if not change:
        rotate(token)
    if "expires_at" in change:
        change = {"expires_at": database_now() - timedelta(seconds=1)}
    if change:
        update(token, **change)
    with pytest.raises(ValueError, match=said):
        rotate(token)


@pytest.mark.parametrize("hours", [-1, 169, 10**9])
def test_an_overlap_has_limits(acme: Organisation, hours: int) -> None:
    token, _ = issue(acme)
    with pytest.raises(ValueError, match="0 to 168 hours"):
        rotate(token, hours)
    assert reread(token).expires_at == token.expires_at


def test_rotated_twice_at_once_there_is_one_successor(acme: Organisation) -> None:
    token, _ = issue(acme)

    def go() -> bool:
        try:
            rotate(token)
        except ValueError:
            return False
        return True

    assert sorted(at_once(go)) == [False, True]
    with within(acme):
        assert ApiToken.objects.filter(replaces=token).count() == 1


def test_the_command_makes_tokens_of_a_service_account(acme: Organisation) -> None:
    with within(acme):
        tokens.make_service_account(organisation=acme, by=None, name="jira", purpose="")
    told = io.StringIO()
    asked = ("create_token", "sync", "--organisation", str(acme.pk), "--scope", "findings:read")
    call_command(*asked, "--service-account", "jira", stdout=told)
    assert tokens.verify(told.getvalue().strip(), HERE).service_account.name == "jira"
    with pytest.raises(CommandError, match="no service account other"):
        call_command(*asked, "--service-account", "other")
