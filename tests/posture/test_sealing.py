"""Secrets at rest: what is sealed opens in its own place, with its own key, and nowhere else."""

import secrets
import uuid

import pytest
from django.conf import LazySettings
from django.db import IntegrityError, connection

from posture.models import Account, Organisation
from posture.models.tenancy import within
from posture.sealing import CannotOpenError, Place, Sealed, seal, unseal
from tests.posture.rows import an_account

HERE = Place("posture_account", "external_id", uuid.uuid4(), uuid.uuid4())


def stored(account: Account) -> Sealed:
    with connection.cursor() as cursor:
        cursor.execute("SELECT external_id FROM posture_account WHERE id = %s", [account.pk])
        return Sealed(cursor.fetchone()[0])


@pytest.mark.parametrize("secret", ["x", "seller-posture-" + "0" * 40, "ü\n\u202e", "s1.a.b"])
def test_what_is_sealed_opens_in_its_place_and_never_looks_the_same(secret: str) -> None:
    one, two = seal(secret, HERE), seal(secret, HERE)
    assert unseal(one, HERE) == unseal(two, HERE) == secret
    assert one != two
    assert secret not in one or len(secret) == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        HERE._replace(row=uuid.uuid4()),
        HERE._replace(organisation=uuid.uuid4()),
        HERE._replace(organisation=None),
        HERE._replace(column="other"),
        HERE._replace(table="posture_other"),
        HERE._replace(table="posture_account.external_id", column=""),
    ],
)
def test_elsewhere_it_does_not_open(elsewhere: Place) -> None:
    with pytest.raises(CannotOpenError, match="sealed for another place"):
        unseal(seal("secret", HERE), elsewhere)


def test_no_change_of_a_single_character_opens() -> None:
    sealed = seal("secret", HERE)
    for at, letter in enumerate(sealed):
        other = "A" if letter != "A" else "B"
        with pytest.raises(CannotOpenError):
            unseal(Sealed(sealed[:at] + other + sealed[at + 1 :]), HERE)
    for cut in range(len(sealed)):
        with pytest.raises(CannotOpenError):
            unseal(Sealed(sealed[:cut]), HERE)


def test_an_unknown_key_is_named_and_another_key_of_that_id_does_not_open(
    settings: LazySettings,
) -> None:
    settings.SECRET_KEYS = {"winter": secrets.token_bytes(32)}
    sealed = seal("secret", HERE)
    settings.SECRET_KEYS = {"spring": secrets.token_bytes(32)}
    with pytest.raises(CannotOpenError, match="key 'winter', which SECRET_KEYS does not have"):
        unseal(sealed, HERE)
    settings.SECRET_KEYS = {"winter": secrets.token_bytes(32)}
    with pytest.raises(CannotOpenError, match="does not open with key 'winter'"):
        unseal(sealed, HERE)


@pytest.mark.django_db
def test_a_row_is_sealed_on_the_way_in_and_opened_when_it_is_read(acme: Organisation) -> None:
    account = an_account(acme, external_id="seller-posture-abc")
    with within(acme):
        assert stored(account).key_id == "1"
        again = Account.objects.get()
        before = stored(account)
        again.label = "Renamed"
        again.save()
        assert stored(account) == before
        assert again.external_id == "seller-posture-abc"
        assert Account.objects.defer("external_id").get().external_id == "seller-posture-abc"
        again.refresh_from_db()
        assert again.external_id == "seller-posture-abc"
        Account.objects.bulk_create(
            [Account(organisation=acme, aws_account="444455556666", external_id="bulk")]
        )
        assert Account.objects.get(aws_account="444455556666").external_id == "bulk"


@pytest.mark.django_db
def test_of_all_pairs_of_rows_none_opens_the_other_s_secret(
    acme: Organisation, rival: Organisation
) -> None:
    rows = [
        an_account(owner, f"{n:012}", external_id=f"id-{n}")
        for owner in (acme, rival)
        for n in range(5)
    ]
    refused = 0
    for row in rows:
        for other in rows:
            with within(other.organisation_id):
                taken = stored(other)
            row.external_id = taken
            if row is not other:
                with pytest.raises(CannotOpenError):
                    _ = row.external_id
                refused += 1
    assert refused == 90


@pytest.mark.django_db
def test_it_can_be_neither_looked_for_nor_written_past_its_seal(account: Account) -> None:
    with within(account.organisation_id):
        with pytest.raises(TypeError, match="external_id is sealed"):
            Account.objects.filter(external_id="x").exists()
        with pytest.raises(TypeError, match="external_id is sealed"):
            Account.objects.update(external_id="x")


@pytest.mark.django_db
def test_many_rows_at_once_are_not_written_past_it_either(account: Account) -> None:
    account.external_id = "x"
    with pytest.raises(TypeError, match="external_id is sealed"), within(account.organisation_id):
        Account.objects.bulk_update([account], ["external_id"])


@pytest.mark.django_db
def test_the_database_takes_nothing_in_clear(account: Account) -> None:
    with (
        pytest.raises(IntegrityError, match="external_id_sealed"),
        within(account.organisation_id),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE posture_account SET external_id = 'in clear'")
