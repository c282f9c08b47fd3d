"""Faults of people and of what they may do; each function makes one and returns the key of what fails for it."""

from __future__ import annotations

from sandbox.aws.seeds.documents import account_root, allow, trusts, trusts_service
from sandbox.aws.seeds.making import Key
from tests.sandbox.aws.remedies_account import (
    ACCOUNT,
    AWS,
    LAMBDA,
    PUBLISHER,
    READERS,
    ROOT,
    STRANGER,
    Account,
)

READ_ONLY = f"{AWS}AWSMarketplaceSellerProductsReadOnly"
PERSON = "eva.berg"
EVA = f"arn:aws:iam::{ACCOUNT}:user/{PERSON}"


def no_mfa(account: Account) -> str:
    account.make.user(PERSON, password=1, groups=(READERS,))
    return EVA


def rights_of_one_person(account: Account) -> str:
    inline = {"entities": allow("aws-marketplace:ListEntities")}
    account.make.user(PERSON, password=1, mfa=True, attached=(READ_ONLY,), inline=inline)
    return EVA


def person_with_a_key(account: Account) -> str:
    account.make.user(PERSON, password=1, mfa=True, groups=(READERS,), keys=(Key(10, 1),))
    return EVA


def person_long_away(account: Account) -> str:
    account.make.user(PERSON, password=190, mfa=True, groups=(READERS,), keys=(Key(400, 300),))
    return EVA


def weak_passwords(account: Account) -> str:
    account.ask("iam", "delete_account_password_policy")
    return ROOT


def agency_without_external_id(account: Account) -> str:
    return account.make.role(
        "Agency",
        used=3,
        trust=trusts(account_root(STRANGER), account_root(ACCOUNT)),
        attached=(READ_ONLY,),
    )


def shared_login(account: Account) -> str:
    account.make.user("support", password=1, mfa=True, groups=(READERS,))
    return f"arn:aws:iam::{ACCOUNT}:user/support"


def everything_on_marketplace(account: Account) -> str:
    arn = account.make.policy("catalog", allow("aws-marketplace:*"))
    account.attach(PUBLISHER, arn)
    return arn


def workload_with_full_access(account: Account) -> str:
    attached = (f"{AWS}AWSMarketplaceSellerFullAccess",)
    return account.make.role("Sync", used=1, trust=LAMBDA, attached=attached)


def publisher_of_payouts(account: Account) -> str:
    arn = account.make.policy("payouts", allow("tax:PutTaxRegistration"))
    return account.attach(PUBLISHER, arn)


def publisher_who_buys(account: Account) -> str:
    return account.attach(PUBLISHER, f"{AWS}AWSMarketplaceManageSubscriptions")


def rights_inline(account: Account) -> str:
    document = allow("aws-marketplace:ListEntities", "aws-marketplace:DescribeEntity")
    return f"{account.put_inline(PUBLISHER, 'look', document)}#inline-policy/look"


def agreements_of_any_side(account: Account) -> str:
    actions = ("aws-marketplace:SearchAgreements", "aws-marketplace:DescribeAgreement")
    arn = account.make.policy("agreements", allow(*actions))
    account.attach(PUBLISHER, arn)
    return arn


def pipeline_of_any_change(account: Account) -> str:
    arn = account.make.policy("pipeline", allow("aws-marketplace:StartChangeSet"))
    trust = trusts_service("codebuild.amazonaws.com", ACCOUNT)
    return account.make.role("Pipeline", used=1, trust=trust, attached=(arn,))


def any_role_passed(account: Account) -> str:
    return account.attach(PUBLISHER, account.make.policy("pass", allow("iam:PassRole")))


def way_to_administrator(account: Account) -> str:
    arn = account.make.policy("roles", allow("iam:PutRolePolicy", "iam:AttachRolePolicy"))
    return account.attach(PUBLISHER, arn)


def workload_on_the_support_page(account: Account) -> str:
    arn = account.make.policy("desk", allow("aws-marketplace-management:viewSupport"))
    return account.make.role("Desk", used=1, trust=LAMBDA, attached=(arn,))


FAULTS = {
    "AMMP-05": no_mfa,
    "AMMP-06": rights_of_one_person,
    "AMMP-07": person_with_a_key,
    "AMMP-08": person_long_away,
    "AMMP-09": weak_passwords,
    "AMMP-10": agency_without_external_id,
    "AMMP-11": shared_login,
    "SELL-01": everything_on_marketplace,
    "SELL-02": workload_with_full_access,
    "SELL-03": publisher_of_payouts,
    "SELL-04": publisher_who_buys,
    "SELL-05": rights_inline,
    "SELL-06": agreements_of_any_side,
    "SELL-07": pipeline_of_any_change,
    "SELL-08": any_role_passed,
    "SELL-09": way_to_administrator,
    "PSC-03": workload_on_the_support_page,
}
