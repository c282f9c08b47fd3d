"""The commands with which an installation gets its first organisation, people and tokens."""

import io
import uuid

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import CommandError, call_command

from posture import access, tokens
from posture.models import Membership, Organisation, User
from posture.models.tenancy import within
from tests.posture.entering import with_app
from tests.posture.rows import a_member, an_account

PASSWORD = "correct horse battery staple"


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().strip()


@pytest.fixture(autouse=True)
def typed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes over standard input: a password."""
    monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))


def role_of(user: User, organisation: Organisation) -> str:
    with within(organisation):
        return Membership.objects.get(user=user).role


def test_an_organisation_is_made_and_its_id_printed() -> None:
    organisation = uuid.UUID(run("create_organisation", " Acme "))
    with within(organisation):
        assert Organisation.objects.get().name == "Acme"


def test_an_organisation_needs_a_name() -> None:
    with pytest.raises(CommandError, match="name"):
        run("create_organisation", "  ")


def test_a_user_joins_with_a_password_from_standard_input(
    acme: Organisation, product_cost: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in product_cost.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, value)
    run("create_user", "Alice@Acme.example", "--organisation", str(acme.pk), "--role", "owner")
    alice = User.objects.get()
    assert alice.email == "alice@acme.example"
    assert alice.check_password(PASSWORD)
    assert alice.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert role_of(alice, acme) == "owner"
    assert access.organisations_of(alice) == [acme.pk]


def test_someone_who_exists_joins_another_organisation_or_changes_role(
    acme: Organisation, rival: Organisation
) -> None:
    known: tuple[str, ...] = ()
    for organisation, role in ((acme, "owner"), (rival, "viewer"), (rival, "analyst")):
        who = ("alice@acme.example", "--organisation", str(organisation.pk), "--role", role)
        run("create_user", *who, *known)
        known = ("--existing",)
    alice = User.objects.get()
    assert (role_of(alice, acme), role_of(alice, rival)) == ("owner", "analyst")
    assert alice.check_password(PASSWORD)


def test_a_user_whom_somebody_else_made_is_taken_only_when_that_is_said(
    acme: Organisation, rival: Organisation
) -> None:
    """Who invites an address where no mail is sent can choose its password."""
    user = a_member(acme, "vic", password=PASSWORD)
    with_app(user)
    who = (user.email, "--organisation", str(rival.pk), "--role", "owner")
    words = "has a password of their own and 1 second factor, and belongs to 1 other organisation"
    with pytest.raises(CommandError, match=f"{words}.*--existing"):
        run("create_user", *who)
    assert access.organisations_of(user) == [acme.pk]
    assert words in run("create_user", *who, "--existing")
    assert role_of(user, rival) == "owner"


def test_nobody_is_no_existing_user(acme: Organisation) -> None:
    with pytest.raises(CommandError, match="no user nobody@acme"):
        run(
            *("create_user", "nobody@acme.example", "--organisation", str(acme.pk)),
            *("--role", "owner", "--existing"),
        )
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("email", "password", "said"),
    [
        ("nobody", PASSWORD, "email"),
        ("alice@acme.example", "short", "12 characters"),
        ("alice@acme.example", "qwerty123456", "too common"),
        ("alice@acme.example", "alice@acme.example", "similar"),
    ],
)
def test_a_weak_password_or_no_email_makes_nobody(
    acme: Organisation, monkeypatch: pytest.MonkeyPatch, email: str, password: str, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    with pytest.raises(CommandError, match=said):
        run("create_user", email, "--organisation", str(acme.pk), "--role", "owner")
    assert not User.objects.exists()


def test_an_unknown_organisation_makes_nobody() -> None:
    with pytest.raises(CommandError, match="no organisation"):
        run("create_user", "a@acme.example", "--organisation", str(uuid.uuid4()), "--role", "owner")
    assert not User.objects.exists()


def test_a_token_is_printed_and_works(acme: Organisation) -> None:
    an_account(acme)
    text = run(
        *("create_token", "jira", "--organisation", str(acme.pk), "--scope", "findings:read"),
        *("--account", "111122223333", "--network", "203.0.113.0/24"),
    )
    token = tokens.verify(text, "203.0.113.7")
    assert (token.name, token.scopes) == ("jira", ["findings:read"])
    with within(acme):
        scope = access.scope_of_token(token)
        assert [one.aws_account for one in access.accounts_of(scope)] == ["111122223333"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--account", "444455556666"), "no account 444455556666"),
        (("--days", "999"), "365 days"),
        (("--network", "nonsense"), "nonsense"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(
    acme: Organisation, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        run(
            *("create_token", "jira", "--organisation", str(acme.pk), "--scope", "findings:read"),
            *options,
        )


def test_another_organisations_account_is_unknown_to_a_token(
    acme: Organisation, rival: Organisation
) -> None:
    an_account(rival, "999900001111")
    with pytest.raises(CommandError, match="no account 999900001111"):
        run(
            *("create_token", "jira", "--organisation", str(acme.pk), "--scope", "findings:read"),
            *("--account", "999900001111"),
        )
