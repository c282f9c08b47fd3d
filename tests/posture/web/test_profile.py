"""The assessment profile: shown as it is, kept when it is right, refused with words when not."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from posture.models import Account
from posture.models.tenancy import within
from posture.profiles import LIMITS, LISTS, profile_of, set_profile
from scanner.facts.profile import CAS_ACCOUNT, MARKETPLACE_AMI_OWNER, Profile

QUEUE = "arn:aws:sqs:us-east-1:111122223333:events"


def text(content: bytes) -> str:
    return " ".join(content.decode().split())


def form(**changes: object) -> dict[str, object]:
    limits = {name: getattr(Profile(), name) for name in LIMITS}
    return {"product_types": ["ami"], **limits, **changes}


def save(client: Client, account: Account, **changes: object) -> tuple[int, str]:
    response = client.post(reverse("profile", args=[account.pk]), form(**changes))
    return response.status_code, text(response.content)


def stored(account: Account) -> Profile:
    with within(account.organisation_id):
        return profile_of(Account.objects.get(pk=account.pk))


def test_answers_are_kept_and_shown_again(owner: Client, account: Account) -> None:
    code, _ = save(
        owner, account,
        product_types=["ami", "container"], cas_enrolled="yes", data_feeds="no",
        queues=f"{QUEUE}\r\n\r\n  {QUEUE} ", approved_accounts="444455556666", unused_days="30",
    )  # fmt: skip
    assert code == 302
    said = stored(account)
    assert said.product_types == ("ami", "container")
    assert (said.cas_enrolled, said.data_feeds, said.psc_ever_enrolled) == (True, False, None)
    assert said.queues == (QUEUE,)
    assert said.approved_accounts == (MARKETPLACE_AMI_OWNER, CAS_ACCOUNT, "444455556666")
    assert said.unused_days == 30
    page = text(owner.get(reverse("profile", args=[account.pk])).content)
    assert QUEUE in page
    assert CAS_ACCOUNT not in page
    assert 'value="30"' in page


def test_taking_approval_back_leaves_awss_own_accounts(owner: Client, account: Account) -> None:
    save(owner, account, approved_accounts="444455556666")
    save(owner, account, approved_accounts="")
    assert stored(account).approved_accounts == (MARKETPLACE_AMI_OWNER, CAS_ACCOUNT)


WRONG = {
    **{name: (name, "NONSENSE!", "An example:") for name in LISTS},
    "another service's ARN": ("queues", "arn:aws:sns:us-east-1:111122223333:x", "the ARN of a queue"),
    "too many": ("images", "\n".join(f"ami-{n:08x}" for n in range(201)), "at most 200"),
    "a short account": ("approved_accounts", "4444", "12 digits"),
    "other digits": ("approved_accounts", "٤" * 12, "12 digits"),
    "a root": ("approved_admins", "arn:aws:iam::111122223333:root", "a user or role"),
    "no number": ("unused_days", "many", "Enter a whole number"),
    "no days": ("unused_days", "0", "greater than or equal to 1"),
    "ages": ("ami_max_age_days", "99999999999999", "less than or equal to 3650"),
    "warning after the limit": ("ami_age_warn_days", "3000", "Warn before the limit"),
    "what nobody sells": ("product_types", "teapots", "teapots is not one of the available"),
    "no answer": ("cas_enrolled", "maybe", "maybe is not one of the available"),
    "a novel": ("queues", "x" * 40_001, "at most 40000 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_used_is_refused_beside_its_field_and_nothing_is_kept(
    owner: Client, account: Account, name: str
) -> None:
    field, value, words = WRONG[name]
    before = stored(account)
    code, page = save(owner, account, **{"key_max_age_days": "50", field: value})
    assert code == 400
    assert words in page.partition(f'id="id_{field}')[2]
    assert stored(account) == before


def test_a_viewer_reads_the_profile(owner: Client, account: Account, member) -> None:  # type: ignore[no-untyped-def]
    page = text(member("viewer").get(reverse("profile", args=[account.pk])).content)
    assert "Changing the profile needs the role admin or owner." in page
    assert "Save the profile" not in page


def test_every_answer_of_the_profile_is_on_the_page(owner: Client, account: Account) -> None:
    page = owner.get(reverse("profile", args=[account.pk])).content.decode()
    for name in Profile.__dataclass_fields__:
        assert f'name="{name}"' in page, name


def test_programs_are_held_to_the_same_rules(account: Account) -> None:
    with within(account.organisation_id):
        for answers in ({"nonsense": 1}, {"cas_enrolled": "yes"}, {"unused_days": True}):
            with pytest.raises(ValueError, match=r"used|number"):
                set_profile(account=account, answers=answers, by=None)
