"""The organisation that the account is in."""

from __future__ import annotations

from scanner.aws import Answer, Aws
from scanner.collect.reading import MALFORMED, bad_answer
from scanner.facts.organizations import Organization, OrganizationsFacts
from scanner.vocabulary import Unobserved

DESCRIBE = "organizations:DescribeOrganization"
ACTIONS = (DESCRIBE,)

ALONE = ("AWSOrganizationsNotInUseException",)


def collect(aws: Aws) -> OrganizationsFacts:
    """Read the organisation, which members may do as well; None for an account that has none."""
    answer = aws.find(
        "organizations",
        "DescribeOrganization",
        region=aws.home,
        absent=ALONE,
        must=("Organization",),
    )
    if answer is None or isinstance(answer, Unobserved):
        return OrganizationsFacts(answer)
    try:
        return OrganizationsFacts(_organization(answer["Organization"]))
    except MALFORMED as fault:
        return OrganizationsFacts(bad_answer(DESCRIBE, "", fault))


def _organization(said: Answer) -> Organization:
    return Organization(
        id=str(said["Id"]), arn=str(said["Arn"]), management_account=str(said["MasterAccountId"])
    )
