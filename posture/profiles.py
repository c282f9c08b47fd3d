"""The assessment profile of an account: what the seller told us, checked (controls.md 1.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from posture.auditing import record
from posture.models import Account, ApiToken, User
from scanner.facts.profile import CAS_ACCOUNT, MARKETPLACE_AMI_OWNER, Profile

ALWAYS_APPROVED = (MARKETPLACE_AMI_OWNER, CAS_ACCOUNT)
"""AWS's own accounts, which need nobody's approval."""

PRODUCT_TYPES = (
    "saas_subscription",
    "saas_contract",
    "saas_contract_usage",
    "ami",
    "container",
    "proserv",
    "data",
    "ml",
)
MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Entries:
    """What an entry of a list must look like, and an example for people."""

    shape: re.Pattern[str]
    what: str
    example: str


def _entries(shape: str, what: str, example: str) -> Entries:
    return Entries(re.compile(shape, re.ASCII), what, example)


_BUCKET = _entries(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", "acme-reports")
_IMAGE = _entries(r"ami-[0-9a-f]{8,17}", "the id of an image", "ami-0abc1234def567890")
_PRINCIPAL = _entries(
    r"arn:aws[a-z-]*:iam::\d{12}:(user|role)/[\w+=,.@/-]{1,576}",
    "the ARN of a user or role",
    "arn:aws:iam::111122223333:role/SellerAdmin",
)
LISTS: Mapping[str, Entries] = {
    "queues": _entries(
        r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]{1,80}(\.fifo)?",
        "the ARN of a queue",
        "arn:aws:sqs:us-east-1:111122223333:marketplace-events",
    ),
    "images": _IMAGE,
    "public_images": _IMAGE,
    "cas_buckets": _BUCKET,
    "cas_topics": _entries(
        r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}",
        "the ARN of a topic",
        "arn:aws:sns:us-east-1:111122223333:reports",
    ),
    "psc_buckets": _BUCKET,
    "feed_buckets": _BUCKET,
    "approved_accounts": _entries(r"\d{12}", "an account id of 12 digits", "444455556666"),
    "approved_admins": _PRINCIPAL,
    "finance_principals": _PRINCIPAL,
}
"""The answers that are lists, and what each entry of them must be."""

CHOICES = ("cas_enrolled", "data_feeds", "psc_ever_enrolled")
"""The answers that are yes, no or not given."""

LIMITS: Mapping[str, tuple[int, int]] = {
    "max_seller_admins": (0, 1_000),
    "max_metering_principals": (0, 1_000),
    "unused_days": (1, 3_650),
    "key_max_age_days": (1, 3_650),
    "role_unused_days": (1, 400),
    "root_use_window_days": (1, 3_650),
    "ami_max_age_days": (1, 3_650),
    "ami_age_warn_days": (1, 3_650),
    "log_retention_min_days": (1, 36_500),
    "delivery_lag_hours": (1, 8_760),
}
"""The answers that are whole numbers, with the least and the most."""


class InvalidAnswerError(ValueError):
    """An answer that cannot be used: its field, and what to give instead."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def profile_of(account: Account) -> Profile:
    """Return what the seller told us; answers that the scanner does not know are left out."""
    known = {field.name for field in fields(Profile)}
    answers: Mapping[str, Any] = {
        name: tuple(answer) if isinstance(answer, list) else answer
        for name, answer in account.profile.items()
        if name in known
    }
    return Profile(**answers)


def set_profile(
    *, account: Account, answers: Mapping[str, Any], by: User | ApiToken | None
) -> None:
    """Keep the answers of a form, inside `within` the account's organisation.

    Each name is a field of the profile: lists of texts, True, False or None, whole numbers. They
    count from the next scan on. Raises InvalidAnswerError; nothing is kept then.
    """
    locked = Account.objects.select_for_update().get(pk=account.pk)
    kept = {**locked.profile, **{name: _checked(name, one) for name, one in answers.items()}}
    limits = Profile(**{name: kept[name] for name in LIMITS if name in kept})
    if limits.ami_age_warn_days > limits.ami_max_age_days:
        message = "Warn before the limit: give at most as many days as the limit has."
        raise InvalidAnswerError("ami_age_warn_days", message)
    account.profile = kept
    account.save(update_fields=["profile"])
    record(
        organisation=account.organisation_id,
        by=by,
        action="profile.changed",
        target=account,
        before={name: locked.profile.get(name) for name in answers},
        after={name: kept[name] for name in answers},
    )


def _checked(name: str, answer: Any) -> Any:
    if name in LISTS:
        return _list(name, answer)
    if name in LIMITS:
        return _number(name, answer)
    if name in CHOICES and (answer is None or isinstance(answer, bool)):
        return answer
    if name == "product_types" and not set(answer) - set(PRODUCT_TYPES):
        return sorted(set(answer))
    raise InvalidAnswerError(name, "This answer cannot be used.")


def _list(name: str, answer: list[str]) -> list[str]:
    entries = LISTS[name]
    given = list(dict.fromkeys(answer))
    if len(given) > MOST_ENTRIES:
        raise InvalidAnswerError(name, f"Give at most {MOST_ENTRIES} entries.")
    wrong = next((one for one in given if entries.shape.fullmatch(one) is None), None)
    if wrong is not None:
        message = f"“{wrong[:80]}” is not {entries.what}. An example: {entries.example}"
        raise InvalidAnswerError(name, message)
    if name == "approved_accounts":
        return [*ALWAYS_APPROVED, *(one for one in given if one not in ALWAYS_APPROVED)]
    return given


def _number(name: str, answer: int) -> int:
    least, most = LIMITS[name]
    if type(answer) is not int or not least <= answer <= most:
        raise InvalidAnswerError(name, f"Give a whole number from {least} to {most}.")
    return answer
