"""The tenant boundary in the database itself, with no help from the application's filters."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from posture.models import (
    Account,
    ApiToken,
    Finding,
    FindingEvent,
    Organisation,
    Scan,
    Schedule,
    ServiceAccount,
    TokenAccount,
    database_now,
)
from posture.models.crossing import organisations_of_user
from posture.models.tenancy import OrganisationOwned, within
from tests.posture.rows import a_member, a_scan, an_account, an_organisation

TENANT_MODELS = [model for model in apps.get_models() if issubclass(model, OrganisationOwned)]


def ask(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)  # type: ignore[arg-type] # any literal will do
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@pytest.mark.django_db
def test_tests_run_as_a_role_that_walls_hold_for() -> None:
    found = ask(
        "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    owned = ask("SELECT relname FROM pg_class WHERE relowner = 'app'::regrole")
    assert (found, owned) == ([("app", False, False)], [])


@pytest.mark.django_db
def test_every_table_with_an_organisation_has_a_forced_wall_for_all_verbs() -> None:
    tables = ask(
        """SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
           WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.attname = 'organisation_id'
             AND c.relnamespace = 'public'::regnamespace"""
    )
    walled = ask(
        """SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
           WHERE c.relkind = 'r' AND c.relrowsecurity AND c.relforcerowsecurity
             AND p.polname = 'own_organisation' AND p.polcmd = '*' AND p.polpermissive
             AND p.polroles = ARRAY['app'::regrole::oid]
             AND pg_get_expr(p.polqual, p.polrelid) = pg_get_expr(p.polwithcheck, p.polrelid)
             AND pg_get_expr(p.polqual, p.polrelid) ~ 'id = .*app[.]organisation'"""
    )
    expected = {model._meta.db_table for model in TENANT_MODELS}
    assert {row[0] for row in tables} == expected
    assert {row[0] for row in walled} == expected | {"posture_organisation"}


@pytest.mark.django_db
def test_no_policy_but_the_wall_lets_the_application_in() -> None:
    others = ask(
        """SELECT c.relname, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
           WHERE p.polroles && ARRAY[0::oid, 'app'::regrole::oid]
             AND p.polname <> 'own_organisation'"""
    )
    assert others == []


@pytest.mark.django_db
def test_every_key_between_tenant_tables_names_the_organisation_too() -> None:
    keys = {
        (field.model._meta.db_table, field.column, field.related_model._meta.db_table)
        for model in TENANT_MODELS
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in TENANT_MODELS
    }
    composite = ask(
        """SELECT conrelid::regclass::text,
                  (SELECT attname FROM pg_attribute
                   WHERE attrelid = conrelid AND attnum = conkey[2]),
                  confrelid::regclass::text
           FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 2
             AND (SELECT attname FROM pg_attribute
                  WHERE attrelid = conrelid AND attnum = conkey[1]) = 'organisation_id'"""
    )
    assert set(composite) == keys


@pytest.mark.django_db
def test_functions_that_cross_the_wall_have_a_fixed_path_and_serve_the_application_only() -> None:
    found = ask(
        """SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE'),
                  has_function_privilege('app', oid, 'EXECUTE')
           FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"""
    )
    assert {row[0] for row in found} == {
        "organisations_of_user",
        "organisations_named",
        "organisation_of_scan",
        "fairest_scan",
        "token_with_key",
        "invitation_with_digest",
        "due_schedules",
        "overdue_scans",
        "expired_attestations",
        "organisation_of_verification",
        "overdue_verifications",
        "organisations_to_prune",
        "organisation_of_rejudgement",
        "scanned_accounts",
        "accounts_judged_by_older",
        "rejudgements_left_behind",
        "due_rejudgements",
        "operation_figures",
        "stuck_scans",
        "failed_scans",
        "findings_holding",
        "findings_below",
        "all_organisations",
        "lock_audit_head",
        "audit_event_follows",
        "keys_of_posture_account_external_id",
        "keys_of_posture_account_next_external_id",
        "organisation_of_account",
        "due_rechecks",
        "is_proved_elsewhere",
        "keys_of_posture_identityprovider_client_secret",
        "provider_with_slug",
    }
    assert {(tuple(row[1]), row[2], row[3]) for row in found} == {
        (("search_path=pg_catalog, pg_temp",), False, True)
    }


@pytest.fixture
def rivals_account(rival: Organisation) -> Account:
    return an_account(rival, "999900001111")


@pytest.fixture
def at_acme(acme: Organisation, rivals_account: Account) -> Iterator[Organisation]:
    """Inside Acme's transaction, while Rival has an account with a scan and a schedule."""
    a_scan(rivals_account)
    with within(rivals_account.organisation_id):
        Schedule.objects.create(
            organisation_id=rivals_account.organisation_id, account=rivals_account
        )
    with within(acme):
        yield acme


def test_without_a_filter_nothing_of_another_organisation_is_read(
    at_acme: Organisation,
) -> None:
    an_own_account = an_account(at_acme)
    assert list(Account.objects.all()) == [an_own_account]
    assert not Scan.objects.exists()
    assert not Schedule.objects.exists()
    assert list(Organisation.objects.all()) == [at_acme]


@pytest.mark.django_db
def test_outside_of_any_organisation_there_is_nothing(rivals_account: Account) -> None:
    assert not Account.objects.exists()
    assert not Organisation.objects.exists()


def test_changing_and_deleting_another_organisations_rows_touches_none(
    at_acme: Organisation, rivals_account: Account
) -> None:
    changed = Account.objects.filter(pk=rivals_account.pk).update(label="Mine now")
    deleted, _ = Schedule.objects.filter(account=rivals_account).delete()
    assert (changed, deleted) == (0, 0)


def test_writing_a_row_into_another_organisation_is_refused(
    at_acme: Organisation, rivals_account: Account
) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Scan.objects.create(
            organisation_id=rivals_account.organisation_id,
            account=rivals_account,
            trigger="manual",
        )


def test_moving_an_own_row_into_another_organisation_is_refused(
    at_acme: Organisation, rivals_account: Account
) -> None:
    own = an_account(at_acme)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Account.objects.filter(pk=own.pk).update(organisation_id=rivals_account.organisation_id)


def test_a_key_to_another_organisations_row_is_refused_by_the_database(
    at_acme: Organisation, rivals_account: Account
) -> None:
    token = ApiToken.objects.create(
        organisation=at_acme, name="x", key="k" * 12, digest="0" * 64, pepper=1,
        expires_at=database_now(),
        service_account=ServiceAccount.objects.create(organisation=at_acme, name="x"),
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="same_organisation"), transaction.atomic():
        TokenAccount.objects.create(organisation=at_acme, token=token, account=rivals_account)


def test_events_of_findings_can_be_neither_changed_nor_deleted(at_acme: Organisation) -> None:
    for attempt in (FindingEvent.objects.all().delete, _forget):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            attempt()


def _forget() -> None:
    FindingEvent.objects.filter(kind="opened").update(data={})


@pytest.mark.django_db(transaction=True)
def test_the_organisation_is_forgotten_when_its_transaction_ends() -> None:
    acme, rival = an_organisation("Acme"), an_organisation("Rival")
    an_account(acme)
    for _ in range(3):
        with within(acme):
            assert Account.objects.count() == 1
        assert Account.objects.count() == 0
        with within(rival):
            assert Account.objects.count() == 0
        with pytest.raises(ZeroDivisionError), within(acme):
            raise ZeroDivisionError
        assert Account.objects.count() == 0


def test_a_block_inside_another_gives_the_outer_organisation_back(
    acme: Organisation, rival: Organisation
) -> None:
    an_account(rival, "999900001111")
    with within(acme):
        with within(rival):
            assert Account.objects.count() == 1
        assert Account.objects.count() == 0
        with pytest.raises(ZeroDivisionError), within(rival):
            raise ZeroDivisionError
        assert list(Organisation.objects.all()) == [acme]


def test_a_person_belongs_to_organisations_that_a_function_names(
    acme: Organisation, rival: Organisation
) -> None:
    alice = a_member(acme)
    assert organisations_of_user(alice.pk) == [acme.pk]
    assert organisations_of_user(uuid.uuid4()) == []


def test_an_index_bounds_no_resource_key(account: Account) -> None:
    scan = a_scan(account)
    name = "arn:aws:sqs:us-east-1:111122223333:" + "q" * 10_000
    with within(account.organisation_id):
        Finding.objects.create(
            organisation_id=account.organisation_id, account=account, control="SQS-03",
            topic="sqs", resource=name, resource_name=name, severity="high", severity_rank=1,
            fingerprint="f" * 64, content="0" * 64, first_seen=database_now(),
            last_seen=database_now(), last_changed=database_now(), last_scan=scan,
        )  # fmt: skip
        assert Finding.objects.get().resource == name
