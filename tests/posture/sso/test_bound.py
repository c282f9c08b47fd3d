"""What a provider's word is worth: second factors, what is one's own, and members who must use it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import IdentityProvider, Organisation, Role, User
from posture.models.tenancy import within
from tests.posture.entering import code_of, give_code, give_password, with_app
from tests.posture.rows import a_member
from tests.posture.sso.conftest import PASSWORD, a_provider, is_in, sentence, sso, there, words
from tests.posture.sso.openid import OpenId

pytestmark = pytest.mark.usefixtures("provider")


@pytest.fixture
def bare(acme: Organisation, op: OpenId) -> User:
    """A member who has no password here."""
    op.person["email"] = "bare@acme.example"
    return a_member(acme, "bare", Role.ADMIN)


@pytest.fixture
def require_factor(acme: Organisation) -> None:
    """Let Acme require a second factor of everyone."""
    with within(acme):
        Organisation.objects.filter(pk=acme.pk).update(requires_second_factor=True)


@pytest.fixture
def require_provider(acme: Organisation, provider: IdentityProvider) -> None:
    """Let Acme require its provider."""
    with within(acme):
        IdentityProvider.objects.filter(pk=provider.pk).update(required=True)


def test_where_no_factor_is_required_the_provider_decides_alone(alice: User) -> None:
    with_app(alice)
    client = Client()
    sso(client)
    assert is_in(client)


@pytest.mark.usefixtures("require_factor")
def test_where_one_is_required_the_provider_stands_for_the_password(alice: User) -> None:
    secret = with_app(alice)
    client = Client()
    assert sso(client, then="/scans")["Location"] == reverse("mfa_authenticate")
    assert not is_in(client)
    assert give_code(client, code_of(secret))["Location"] == "/scans"
    assert is_in(client)


@pytest.mark.usefixtures("require_factor")
def test_who_has_none_is_led_to_setting_it_up_with_a_proof_of_their_own(alice: User) -> None:
    client = Client()
    sso(client)
    assert client.get("/")["Location"] == reverse("you")
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(
        reverse("account_reauthenticate")
    )


@pytest.mark.usefixtures("require_factor")
@pytest.mark.parametrize(
    "said",
    [
        {"amr": ["pwd", "mfa"]},
        {"acr": "https://refeds.org/profile/mfa"},
        {"acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor"},
    ],
)
def test_a_provider_that_asked_for_a_factor_is_enough(
    op: OpenId, alice: User, said: dict[str, object]
) -> None:
    op.lies = said
    client = Client()
    sso(client)
    assert is_in(client)


@pytest.mark.usefixtures("require_factor")
@pytest.mark.parametrize("said", [{"amr": "mfa"}, {"amr": ["pwd"]}, {"acr": ["mfa"]}, {"acr": "1"}])
def test_anything_else_that_it_says_is_not(
    op: OpenId, alice: User, said: dict[str, object]
) -> None:
    op.lies = said
    client = Client()
    assert sso(client).status_code == 302
    assert not is_in(client)


@pytest.mark.usefixtures("require_factor")
def test_userinfo_cannot_say_that_there_was_a_factor(op: OpenId, alice: User) -> None:
    op.lies = {"email": None}
    op.userinfo = {"email": "alice@acme.example", "email_verified": True, "amr": ["mfa"]}
    client = Client()
    sso(client)
    assert not is_in(client)


OWN = (
    "account_set_password", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn",
    "mfa_view_recovery_codes", "codes_file",
)  # fmt: skip


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_provider_gives_nobody_a_password_or_factor_of_theirs(
    bare: User, name: str, method: str
) -> None:
    client = Client()
    sso(client)
    assert is_in(client)
    answer = getattr(client, method)(reverse(name), {"password1": PASSWORD, "password2": PASSWORD})
    refused = answer.status_code == 403
    assert refused or (name, method) == ("codes_file", "post")
    bare.refresh_from_db()
    assert not bare.has_usable_password()


@pytest.mark.parametrize("name", OWN)
def test_who_has_a_password_proves_it_first(alice: User, name: str) -> None:
    client = Client()
    sso(client)
    assert client.get(reverse(name))["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse(name)).status_code in {200, 302, 404}
    assert client.get(reverse("account_set_password")).status_code == 200


def test_settings_of_the_organisation_take_a_fresh_word_of_the_provider(
    bare: User, op: OpenId
) -> None:
    client = Client()
    sso(client)
    security = reverse("security")
    assert client.post(security, {"required": "no"})["Location"] == security
    session = client.session
    session["vouched"] = {**session["vouched"], "at": 0}
    session.save()
    led = client.post(security, {"required": "no"})["Location"]
    assert led == f"{reverse('sso')}?name=acme-staff&next=%2Fsettings%2Fsecurity"
    assert sso(client, then=security)["Location"] == security
    assert op.asked[-1]["prompt"] == "login"
    assert client.post(security, {"required": "no"})["Location"] == security


@pytest.mark.usefixtures("require_provider")
def test_who_must_use_the_provider_is_led_there_and_gets_in_by_it(alice: User) -> None:
    client = give_password(alice)
    asked = f"{reverse('sso')}?name=acme-staff"
    for name in ("home", "findings", "scans", "providers"):
        assert client.get(reverse(name))["Location"] == asked
    assert client.get("/api/v1/accounts").status_code == 403
    assert "Continue with Acme staff" in words(client.get(asked))
    sso(client)
    assert is_in(client)


@pytest.mark.usefixtures("require_provider")
@pytest.mark.parametrize(
    ("role", "email"), [(Role.OWNER, "o@acme.example"), (Role.ADMIN, "a@contractor.example")]
)
def test_owners_and_other_domains_keep_their_password(
    acme: Organisation, role: Role, email: str
) -> None:
    user = a_member(acme, "somebody", role, PASSWORD)
    User.objects.filter(pk=user.pk).update(email=email)
    user.refresh_from_db()
    assert is_in(give_password(user))


@pytest.mark.usefixtures("require_provider")
def test_another_provider_of_the_organisation_does_not_do(
    acme: Organisation, op: OpenId, alice: User
) -> None:
    a_provider(acme, op, slug="acme-guests", name="Guests")
    client = Client()
    sso(client, "acme-guests")
    assert client.get("/")["Location"] == f"{reverse('sso')}?name=acme-staff"


def test_what_one_person_was_given_is_nothing_to_the_next_in_the_same_browser(
    acme: Organisation, alice: User, op: OpenId
) -> None:
    """A sign-in that ended before the second factor leaves nothing for another person."""
    with within(acme):
        Organisation.objects.filter(pk=acme.pk).update(requires_second_factor=True)
    with_app(alice)
    client = Client()
    sso(client)
    other = a_member(acme, "other", Role.ANALYST, PASSWORD)
    client.post(reverse("sign_out"))
    give_password(other, client)
    assert "vouched" not in client.session
    assert client.get("/")["Location"] == reverse("you")
    assert client.session["_auth_user_id"] == str(other.pk)


def test_a_test_signs_nobody_in_and_says_what_came_back(
    acme: Organisation, provider: IdentityProvider, op: OpenId, alice: User
) -> None:
    client = give_password(alice)
    op.person["email"] = "nobody@acme.example"
    back = there(client.get(reverse("provider_test", args=[provider.pk])))
    page = client.get(back)
    assert page.status_code == 200
    assert "you cannot sign in here with it" in sentence(page)
    assert "<dd>nobody@acme.example</dd>" in words(page)
    op.person["email"] = "alice@acme.example"
    page = client.get(there(client.get(reverse("provider_test", args=[provider.pk]))))
    assert "This would sign alice@acme.example in." in words(page)
    assert "vouched" not in client.session
    with within(acme):
        assert provider.subjects.count() == 0


def test_the_answer_to_a_test_signs_nobody_in_elsewhere(
    provider: IdentityProvider, alice: User
) -> None:
    client = give_password(alice)
    back = there(client.get(reverse("provider_test", args=[provider.pk])))
    client.post(reverse("sign_out"))
    assert client.get(back).status_code == 403
    assert not is_in(client)
