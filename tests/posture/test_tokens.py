"""API tokens: what they look like, what is stored of them, and who they open the door for."""

import hashlib
import hmac
import re
import zlib
from datetime import timedelta

import pytest
from django.conf import LazySettings
from pytest_django import DjangoAssertNumQueries

from posture import tokens
from posture.models import ApiToken, Organisation, TokenAccount, database_now
from posture.models.tenancy import within
from tests.posture.rows import an_account

HERE = "203.0.113.7"


def issue(organisation: Organisation, **options: object) -> tuple[ApiToken, str]:
    with within(organisation):
        return tokens.issue(
            organisation=organisation,
            by=None,
            **{"name": "tickets", "scopes": ["findings:read"], **options},  # type: ignore[arg-type] # a test gives what fits
        )


def reread(token: ApiToken) -> ApiToken:
    with within(token.organisation_id):
        return ApiToken.objects.get(pk=token.pk)


def test_a_token_has_the_documented_form_with_a_checksum(acme: Organisation) -> None:
    token, text = issue(acme)
    assert re.fullmatch(r"spt_[0-9A-Za-z]{12}\.[0-9A-Za-z]{38}", text)
    assert text[4:16] == token.key
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value = 0
    for digit in text[-6:]:
        value = value * 62 + digits.index(digit)
    assert value == zlib.crc32(text[:-6].encode())


def test_only_a_keyed_digest_is_stored(acme: Organisation, settings: LazySettings) -> None:
    token, text = issue(acme)
    stored = str(reread(token).__dict__)
    assert text[17:] not in stored
    expected = hmac.new(settings.TOKEN_PEPPERS[token.pepper], text.encode(), hashlib.sha256)
    assert token.digest == expected.hexdigest()


def test_no_two_tokens_are_alike(acme: Organisation) -> None:
    texts = {issue(acme)[1] for _ in range(20)}
    assert len(texts) == 20


def test_the_text_opens_the_door_and_its_use_is_noted_once_a_minute(acme: Organisation) -> None:
    token, text = issue(acme)
    assert tokens.verify(text, HERE).pk == token.pk
    first = reread(token).last_used_at
    tokens.verify(text, HERE)
    assert first is not None
    assert reread(token).last_used_at == first


def test_a_mistyped_token_is_told_apart_without_a_look_into_the_database(
    acme: Organisation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, text = issue(acme)
    other = "A" if text[20] != "A" else "B"
    for wrong in (text[:20] + other + text[21:], text[:-1], text + "A", "", "spt_", "é" * 55):
        with django_assert_num_queries(0), pytest.raises(tokens.RefusedError) as refusal:
            tokens.verify(wrong, HERE)
        assert refusal.value.code == "token_malformed"


def test_a_wrong_secret_and_an_unknown_key_are_told_the_same(acme: Organisation) -> None:
    _, text = issue(acme)
    forged_secret = text[:17] + "0" * 32
    forged_key = "spt_" + "0" * 12 + text[16:-6]
    said = set()
    for body in (forged_secret, forged_key):
        with pytest.raises(tokens.RefusedError) as refusal:
            tokens.verify(body + tokens.checksum(body), HERE)
        said.add((refusal.value.code, str(refusal.value)))
    assert said == {("token_unknown", "No such token.")}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enabled": False}, "token_revoked"),
        ({"expires_at": "past"}, "token_expired"),
        ({"networks": ["198.51.100.0/24"]}, "token_network"),
        ({"networks": ["2001:db8::/32"]}, "token_network"),
    ],
)
def test_a_token_that_may_not_be_used_says_why(
    acme: Organisation, change: dict[str, object], code: str
) -> None:
    token, text = issue(acme)
    if "expires_at" in change:
        change = {"expires_at": database_now() - timedelta(seconds=1)}
    with within(acme):
        ApiToken.objects.filter(pk=token.pk).update(**change)
    with pytest.raises(tokens.RefusedError) as refusal:
        tokens.verify(text, HERE)
    assert refusal.value.code == code
    assert reread(token).last_used_at is None


@pytest.mark.parametrize("address", [HERE, f"::ffff:{HERE}"])
def test_a_token_works_from_its_networks(acme: Organisation, address: str) -> None:
    token, text = issue(acme, networks=["203.0.113.0/24", "2001:db8::/32"])
    assert tokens.verify(text, address).pk == token.pk


@pytest.mark.parametrize("address", ["", "unknown", "203.0.113"])
def test_an_address_that_is_none_is_in_no_network(acme: Organisation, address: str) -> None:
    _, text = issue(acme, networks=["0.0.0.0/0", "::/0"])
    with pytest.raises(tokens.RefusedError):
        tokens.verify(text, address)


def test_a_new_pepper_signs_anew_on_the_next_use(
    acme: Organisation, settings: LazySettings
) -> None:
    token, text = issue(acme)
    (old,) = settings.TOKEN_PEPPERS
    settings.TOKEN_PEPPERS = {**settings.TOKEN_PEPPERS, old + 1: bytes(range(32))}
    tokens.verify(text, HERE)
    assert reread(token).pepper == old + 1
    settings.TOKEN_PEPPERS = {old + 1: bytes(range(32))}
    assert tokens.verify(text, HERE).pk == token.pk


def test_a_token_whose_pepper_is_gone_is_unknown(
    acme: Organisation, settings: LazySettings
) -> None:
    _, text = issue(acme)
    settings.TOKEN_PEPPERS = {99: bytes(range(32))}
    with pytest.raises(tokens.RefusedError, match="No such token"):
        tokens.verify(text, HERE)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"name": "  "}, "name"),
        ({"days": 0}, "365 days"),
        ({"days": 366}, "365 days"),
        ({"networks": ["10.0.0.1/8"]}, "write 10.0.0.0/8"),
        ({"networks": ["nonsense"]}, "nonsense is no network; write one like"),
    ],
)
def test_nonsense_is_refused_in_words(
    acme: Organisation, options: dict[str, object], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        issue(acme, **options)


def test_a_token_can_be_kept_to_some_accounts(acme: Organisation) -> None:
    one, two = an_account(acme), an_account(acme, "444455556666")
    token, _ = issue(acme, accounts=[one])
    with within(acme):
        named = set(TokenAccount.objects.filter(token=token).values_list("account", flat=True))
    assert named == {one.pk}
    assert two.pk not in named
