"""What a provider, or somebody who stands between, may try: each lie signs nobody in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client

from posture.models import IdentityProvider, User
from tests.posture.sso.conftest import begun, is_in, sentence, sso, there
from tests.posture.sso.openid import CLIENT, Claims, OpenId, key, signed

pytestmark = pytest.mark.usefixtures("provider", "alice")

HEADERS = {"kid": "k1"}
PUBLIC = key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def with_public_key(claims: Claims) -> str:
    """HS256, with the public key as if it were a secret; pyjwt itself does not sign so."""
    import base64
    import hashlib
    import hmac

    head = jwt.encode(claims, "x" * 32, "HS256", headers=HEADERS).rpartition(".")[0]
    seal = hmac.new(PUBLIC, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def cut(claims: Claims) -> str:
    """A signed token whose claims were changed afterwards."""
    head, _, seal = signed(claims).split(".")
    body = signed({**claims, "sub": "another"}).split(".")[1]
    return f"{head}.{body}.{seal}"


SIGNATURES: dict[str, Callable[[Claims], Any]] = {
    "alg none": lambda claims: jwt.encode(claims, "", "none", headers=HEADERS),
    "HS256 with the public key": with_public_key,
    "HS256 with the client secret": lambda claims: jwt.encode(
        claims, "a secret between the two".ljust(32), "HS256", headers=HEADERS
    ),
    "a key that is not published": lambda claims: jwt.encode(
        claims, key("other"), "RS256", headers=HEADERS
    ),
    "a kid that is not published": lambda claims: jwt.encode(
        claims, key(), "RS256", headers={"kid": "k2"}
    ),
    "claims changed after signing": cut,
    "no token": lambda claims: "",
    "half a token": lambda claims: signed(claims)[:40],
    "a list": lambda claims: [signed(claims)],
    "nothing": lambda claims: None,
}


@pytest.mark.parametrize("how", SIGNATURES)
def test_a_token_with_a_wrong_signature_signs_nobody_in(op: OpenId, how: str) -> None:
    op.sign = SIGNATURES[how]
    client = Client()
    answer = sso(client)
    assert answer.status_code == 403
    assert "The provider's ID token is not valid" in sentence(answer)
    assert not is_in(client)


NOW = int(time.time())


@pytest.mark.parametrize(
    ("lies", "why"),
    [
        ({"nonce": "another"}, "belongs to another sign-in"),
        ({"nonce": None}, "belongs to another sign-in"),
        ({"nonce": 7}, "belongs to another sign-in"),
        ({"nonce": "é"}, "belongs to another sign-in"),
        ({"nonce": "\ud800"}, "belongs to another sign-in"),
        ({"aud": "another application"}, "it is for another application"),
        ({"aud": [CLIENT, "another application"]}, "is for another application"),
        ({"aud": CLIENT, "azp": "another application"}, "is for another application"),
        ({"aud": None}, "it lacks a claim"),
        ({"iss": "https://login.evil.example"}, "it is from another issuer"),
        ({"iss": None}, "it lacks a claim"),
        ({"exp": NOW - 120}, "it has expired"),
        ({"exp": None}, "it lacks a claim"),
        ({"exp": "tomorrow"}, "it is damaged"),
        ({"iat": NOW + 86_400}, "it is from the future"),
        ({"nbf": NOW + 86_400}, "it is from the future"),
        ({"sub": None}, "it lacks a claim"),
        ({"sub": 7}, "it is damaged"),
        ({"sub": ["subject-1"]}, "it is damaged"),
    ],
)
def test_a_signed_token_that_is_not_for_this_sign_in_signs_nobody_in(
    op: OpenId, lies: Claims, why: str
) -> None:
    op.lies = lies
    client = Client()
    answer = sso(client)
    assert answer.status_code == 403
    assert why in sentence(answer)
    assert not is_in(client)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"issuer": "https://login.evil.example"}, "names another issuer"),
        ({"issuer": None}, "lacks what a sign-in needs"),
        ({"token_endpoint": ["a"]}, "lacks what a sign-in needs"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "at an address that is not https"),
        ({"authorization_endpoint": "http://login.evil.example"}, "an address that is not https"),
    ],
)
def test_a_discovery_document_that_does_not_fit_leads_nowhere(
    op: OpenId, config: dict[str, object], why: str
) -> None:
    op.config = config
    answer = begun(Client())
    assert answer.status_code == 403
    assert why in sentence(answer)


@pytest.mark.parametrize(
    "config",
    [
        {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
        {"token_endpoint": "https://10.0.0.1/token"},
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_discovery_document_cannot_send_us_elsewhere(
    op: OpenId, config: dict[str, object]
) -> None:
    op.config = config
    client = Client()
    answer = sso(client)
    assert answer.status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": None},
        {"keys": [7]},
        {"keys": []},
        {"keys": [{"kid": "k1"}]},
        {"keys": [{"kid": "k1", "kty": "RSA", "n": "!", "e": "AQAB"}]},
        {"keys": [{"kid": "k1", "kty": "oct", "k": "c2VjcmV0"}]},
        {"keys": [{"kid": "k1", "kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]},
        {"keys": [{"kid": "k1", "kty": "RSA"}, {"kid": "k1", "kty": "RSA"}]},
    ],
)
def test_keys_that_are_none_are_a_refusal_and_no_crash(op: OpenId, jwks: dict[str, Any]) -> None:
    op.jwks = lambda: jwks  # type: ignore[method-assign] # that is the lie
    answer = sso(Client())
    assert answer.status_code == 403
    assert "The provider's ID token is not valid" in sentence(answer)


@pytest.mark.parametrize(
    "tokens",
    [
        [],
        "access_token",
        {"access_token": "a"},
        {"id_token": "a"},
        {"access_token": "a", "id_token": "b", "expires_in": "soon"},
    ],
)
def test_an_answer_that_holds_no_tokens_is_a_refusal_and_no_crash(op: OpenId, tokens: Any) -> None:
    op.token = lambda form, authorization: tokens  # type: ignore[method-assign] # that is the lie
    answer = sso(Client())
    assert answer.status_code == 403
    assert "The provider" in sentence(answer)


def test_a_code_works_once_and_for_its_own_sign_in_alone(op: OpenId) -> None:
    client = Client()
    first, second = there(begun(client)), there(begun(client))
    mixed = first.partition("&state=")[0] + "&state=" + second.partition("&state=")[2]
    answer = client.get(mixed)
    assert "did not accept the code" in sentence(answer)
    assert not is_in(client)


def test_an_answer_that_names_another_issuer_is_refused(op: OpenId) -> None:
    client = Client()
    back = there(begun(client))
    answer = client.get(f"{back}&iss=https://login.evil.example")
    assert "comes from another provider" in sentence(answer)


def test_userinfo_adds_the_address_when_it_is_about_the_same_person(op: OpenId) -> None:
    op.lies = {"email": None, "email_verified": None}
    op.userinfo = {"email": "alice@acme.example", "email_verified": True}
    client = Client()
    sso(client)
    assert is_in(client)
    op.userinfo["sub"] = "somebody else"
    other = Client()
    assert "about two different people" in sentence(sso(other))
    assert not is_in(other)


def test_an_address_that_the_token_does_not_verify_is_not_verified_by_another_one(
    provider: IdentityProvider, op: OpenId, alice: User
) -> None:
    op.lies = {"email_verified": None}
    op.userinfo = {"email": "mallory@acme.example", "email_verified": True}
    client = Client()
    assert "you cannot sign in here with it" in sentence(sso(client))
    assert not is_in(client)
