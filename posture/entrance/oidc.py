"""OpenID Connect: leading somebody to a provider, and taking nothing on trust of what comes back.

The state, PKCE and the exchange of the code are allauth's. Checked here, after OpenID Connect Core
3.1.3.7: that discovery speaks for the issuer that was entered, and the ID token's signature (with
asymmetric algorithms only), issuer, audience, time and nonce.
"""

from __future__ import annotations

import hmac
import secrets
import time
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from posture import fetching
from posture.entrance.arriving import Claims, RefusedError
from posture.entrance.providers import callback_url
from posture.models import IdentityProvider

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""Signed with a key that only the provider has; never with one that is public, or with none."""

LEEWAY_SECONDS = 60
WITH_FACTOR = {
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
    "https://refeds.org/profile/mfa",
}
"""Values of `acr` that say what the value "mfa" of `amr` says (RFC 8176)."""

NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
AGAIN = "This sign-in was begun too long ago, in another browser, or is used up. Begin again."
NOT_ANEW = (
    "The provider does not say that you signed in there just now (auth_time). Begin again; if this "
    "comes back, whoever runs it has to have it send auth_time when it is asked with max_age."
)
DECLINED = "The provider did not sign you in. Begin again, or ask whoever runs it."


class Outgoing(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """What allauth asks us about providers: how to call them, and that none is in its own tables."""

    def list_apps(self, *_: Any, **__: Any) -> list[SocialApp]:
        """Name none: ours are rows of organisations."""
        return []

    def get_requests_session(self) -> requests.Session:
        """Return a session that goes to public addresses only."""
        return fetching.session()

    def is_open_for_signup(self, *_: Any) -> bool:
        """Say no."""
        return False

    def generate_state_param(self, state: dict[str, Any]) -> str:
        """Return 256 random bits."""
        return secrets.token_urlsafe(32)


class Talk(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # allauth has no types
    """One conversation with a provider."""

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        super().__init__(request, provider.row.slug)
        self.provider = provider

    def get_provider(self) -> Provider:
        """Return the provider that we talk to."""
        return self.provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return an address that no header of the request has a say in."""
        return callback_url(self.provider.row)

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself; raises RefusedError when that does not fit."""
        issuer = self.provider.row.issuer
        found = _document(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not all(isinstance(found.get(name), str) for name in NEEDED):
            raise RefusedError("The provider's discovery document lacks what a sign-in needs.")
        if found["issuer"].rstrip("/") != issuer.rstrip("/"):
            raise RefusedError("The provider's discovery document names another issuer.")
        if not fetching.may_be_fetched(found["authorization_endpoint"]):
            raise RefusedError("The provider's sign-in page is at an address that is not https.")
        return found

    @property
    def basic_auth(self) -> bool:
        """Whether our secret goes into a header: what a provider takes that names no way."""
        ways = self.openid_config.get("token_endpoint_auth_methods_supported")
        return not isinstance(ways, list) or "client_secret_post" not in ways

    def answer(self, state: dict[str, Any]) -> dict[str, Any]:
        """Exchange the code; return what the ID token says, and what it leaves to userinfo."""
        client = self.get_client(self.request, self.provider.app)
        try:
            tokens = self.get_access_token_data(
                self.request, self.provider.app, client, state.get("pkce_code_verifier")
            )
            id_token, access = tokens["id_token"], tokens["access_token"]
        except fetching.CannotFetchError as error:
            raise RefusedError(str(error)) from error
        except (
            OAuth2Error,
            requests.RequestException,
            LookupError,
            TypeError,
            ValueError,
        ) as error:
            raise RefusedError("The provider did not accept the code that it gave.") from error
        said = self._verified(id_token, str(state.get("nonce", "")))
        return {**said, **self._address(said, access)}

    def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        config, client = self.openid_config, self.provider.row.client_id
        try:
            header = jwt.get_unverified_header(id_token)
            said: dict[str, Any] = jwt.decode(
                id_token,
                self._key(header),
                algorithms=[header["alg"]],
                audience=client,
                issuer=config["issuer"],
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise RefusedError(f"The provider's ID token is not valid: {_why(error)}.") from error
        several = isinstance(said["aud"], list) and len(said["aud"]) > 1
        if said.get("azp", client if not several else None) != client:
            raise RefusedError("The provider's ID token is for another application.")
        given = str(said.get("nonce", "")).encode(errors="surrogatepass")
        if not nonce or not hmac.compare_digest(given, nonce.encode()):
            raise RefusedError("The provider's ID token belongs to another sign-in.")
        return said

    def _key(self, header: dict[str, Any]) -> jwt.PyJWK:
        """Return the published key that a token says signed it."""
        if header["alg"] not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError
        keys = _document(self.openid_config["jwks_uri"])["keys"]
        known = [one for one in keys if isinstance(one, dict)]
        signing = [one for one in known if one.get("use", "sig") == "sig"]
        if "kid" in header:
            signing = [one for one in signing if one.get("kid") == header["kid"]]
        if len(signing) != 1:
            raise jwt.InvalidKeyError
        return jwt.PyJWK(signing[0], algorithm=header["alg"])

    def _address(self, said: dict[str, Any], access: str) -> dict[str, Any]:
        """Ask userinfo for the address where the ID token leaves it, or whether it is verified, out."""
        where = self.openid_config.get("userinfo_endpoint")
        if ("email" in said and "email_verified" in said) or not isinstance(where, str):
            return {}
        found = _document(where, {"Authorization": f"Bearer {access}"})
        if found.get("sub") != said["sub"]:
            raise RefusedError("The provider's answers are about two different people.")
        if "email" not in found:
            return {}
        return {name: found.get(name) for name in ("email", "email_verified")}


class Provider(OpenIDConnectProvider):  # type: ignore[misc] # allauth has no types
    """An organisation's provider as allauth sees one, without a row in allauth's tables."""

    def __init__(self, request: HttpRequest, row: IdentityProvider) -> None:
        self.row = row
        app = SocialApp(
            provider="openid_connect",
            provider_id=row.slug,
            name=row.name,
            client_id=row.client_id,
            secret=row.client_secret,
            settings={"oauth_pkce_enabled": True, "scope": ["openid", "email"]},
        )
        super().__init__(request, app=app)

    def get_oauth2_adapter(self, request: HttpRequest) -> Talk:
        """Return a conversation with it."""
        return Talk(request, self)


def lead(
    request: HttpRequest, row: IdentityProvider, *, process: str, there: str, again: bool
) -> HttpResponse:
    """Return the redirect to a provider; with `again` it is asked to have them prove it anew.

    Raises RefusedError, with a sentence for people.
    """
    nonce = secrets.token_urlsafe(32)
    asked = {"nonce": nonce}
    if again:
        asked |= {"prompt": "login", "max_age": str(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)}
    answer: HttpResponse = Provider(request, row).redirect(
        request, process, there, auth_params=asked, nonce=nonce, again=again
    )
    return answer


def take_state(request: HttpRequest, row: IdentityProvider) -> dict[str, Any]:
    """Return what we kept when we led them away, once; raises RefusedError for a stranger's answer."""
    state: dict[str, Any] | None = statekit.unstash_state(
        request, provider_id=row.slug, state_id=request.GET.get("state", "")
    )
    if state is None:
        raise RefusedError(AGAIN)
    return state


def arrive(request: HttpRequest, row: IdentityProvider, state: dict[str, Any]) -> Claims:
    """Return what the provider proves about who came back from it; raises RefusedError."""
    if "error" in request.GET or "code" not in request.GET:
        raise RefusedError(DECLINED)
    talk = Talk(request, Provider(request, row))
    issuer = request.GET.get("iss")  # RFC 9207
    if issuer is not None and issuer != talk.openid_config["issuer"]:
        raise RefusedError("The answer comes from another provider.")
    said = talk.answer(state)
    proved_at = _proved_at(said)
    # Whoever sits there can strike prompt and max_age off the address that we led them to.
    if state.get("again") and time.time() - proved_at > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
        raise RefusedError(NOT_ANEW)
    methods, context, verified = (said.get(name) for name in ("amr", "acr", "email_verified"))
    with_factor = isinstance(methods, list) and "mfa" in methods
    return Claims(
        subject=said["sub"],
        email=str(said.get("email") or ""),
        verified=verified is True or verified == "true",
        with_factor=with_factor or (isinstance(context, str) and context in WITH_FACTOR),
        proved_at=proved_at,
    )


def _proved_at(said: dict[str, Any]) -> float:
    """When they proved there who they are, in seconds since 1970; 0 where it does not say so."""
    at, now = said.get("auth_time"), time.time()
    if isinstance(at, bool) or not isinstance(at, int | float):
        return 0.0
    return float(min(at, now)) if 0 <= at <= now + LEEWAY_SECONDS else 0.0


def _document(url: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """Return a JSON object from the provider; raises RefusedError."""
    try:
        with fetching.session() as asking:
            answer = asking.get(url, headers=headers)
            answer.raise_for_status()
            found = answer.json()
    except fetching.CannotFetchError as error:
        raise RefusedError(str(error)) from error
    except (requests.RequestException, ValueError, RecursionError) as error:
        host = urlsplit(url).hostname
        raise RefusedError(f"{host} did not answer with what OpenID Connect asks for.") from error
    if not isinstance(found, dict):
        raise RefusedError(f"{urlsplit(url).hostname} answered with something else than an object.")
    return found


WHY = {
    jwt.ExpiredSignatureError: "it has expired",
    jwt.ImmatureSignatureError: "it is from the future",
    jwt.InvalidAudienceError: "it is for another application",
    jwt.InvalidIssuerError: "it is from another issuer",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.InvalidAlgorithmError: "it is not signed in a way that we take",
    jwt.InvalidKeyError: "the provider does not publish the key that signed it",
    jwt.MissingRequiredClaimError: "it lacks a claim",
}


def _why(error: Exception) -> str:
    return next((words for kind, words in WHY.items() if isinstance(error, kind)), "it is damaged")
