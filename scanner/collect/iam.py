"""Users, groups, roles and policies in account-wide pages, never one call per principal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from scanner.aws import Answer, Aws
from scanner.collect.credential_report import ACTIONS as REPORT_ACTIONS
from scanner.collect.credential_report import read_report
from scanner.collect.iam_account import ACTIONS as ACCOUNT_ACTIONS
from scanner.collect.iam_account import hidden_keys, password_policy, summary, virtual_devices
from scanner.collect.iam_items import (
    DETAILS,
    Documents,
    group_from,
    policy_from,
    role_from,
    user_from,
)
from scanner.collect.reading import facts_from, unique
from scanner.facts.iam import Group, IamFacts, ManagedPolicy, Role, User
from scanner.vocabulary import Listed, Partial, Unobserved, gaps, merged, seen

POLICY = "iam:GetPolicy"
VERSION = "iam:GetPolicyVersion"
ACTIONS = (*ACCOUNT_ACTIONS, *REPORT_ACTIONS, DETAILS, POLICY, VERSION)

PAGE = 1_000
FILTER = ["User", "Role", "Group", "LocalManagedPolicy"]

T = TypeVar("T", User, Group, Role, ManagedPolicy)


def collect(aws: Aws) -> IamFacts:
    """Read IAM; all its calls share one lane, so only the wait for the report runs beside it."""
    asked = aws.begin(lambda: read_report(aws))
    counters, passwords, devices = summary(aws), password_policy(aws), virtual_devices(aws)
    pages = aws.pages(
        "iam",
        "GetAccountAuthorizationDetails",
        "",
        region=aws.home,
        Filter=FILTER,
        MaxItems=PAGE,
    )
    documents = Documents()
    users = _listed(pages, "UserDetailList", lambda said: user_from(said, documents))
    groups = _listed(pages, "GroupDetailList", lambda said: group_from(said, documents))
    roles = _listed(pages, "RoleDetailList", lambda said: role_from(said, documents))
    own = _listed(pages, "Policies", lambda said: policy_from(said, documents))
    policies = _with_aws_policies(aws, documents, own, _attachments(users, groups, roles))
    report = asked.result()
    return IamFacts(
        summary=counters,
        report=report,
        users=users,
        groups=groups,
        roles=roles,
        policies=policies,
        password_policy=passwords,
        virtual_devices=devices,
        access_keys=hidden_keys(aws, report, users),
    )


def _listed(pages: Listed[Answer], key: str, make: Callable[[Answer], T]) -> Listed[T]:
    """The facts under a key; AWS sends every list, so a page without it is a gap, not nobody."""
    if isinstance(pages, Unobserved):
        return pages
    whole = [page[key] for page in seen(pages) if isinstance(page.get(key), list)]
    why = list(gaps(pages))
    if len(whole) < len(seen(pages)):
        why.append(Unobserved(DETAILS, "BadAnswer", "", f"the answer lacks {key}"))
    if why and not whole:
        return why[-1]
    items = tuple(item for page in whole for item in page)
    listed = Partial(items, tuple(why)) if why else items
    return unique(facts_from(listed, make, action=DETAILS), lambda one: one.arn)


def _attachments(users: Listed[User], groups: Listed[Group], roles: Listed[Role]) -> Counter[str]:
    """How many principals each AWS policy is attached to; a boundary is worth reading too."""
    found: Counter[str] = Counter()
    principals: tuple[User | Role, ...] = (*seen(users), *seen(roles))
    for one in (*principals, *seen(groups)):
        found.update(policy.arn for policy in one.attached)
    found.update(dict.fromkeys((one.boundary for one in principals if one.boundary), 0))
    return Counter({arn: count for arn, count in found.items() if arn.split(":")[4:5] == ["aws"]})


def _with_aws_policies(
    aws: Aws, documents: Documents, own: Listed[ManagedPolicy], attached: Counter[str]
) -> Listed[ManagedPolicy]:
    """The customer's policies and those of AWS that are in use, read one after another."""
    if isinstance(own, Unobserved):
        return own
    known = {policy.arn for policy in seen(own)}
    theirs = tuple(
        _aws_policy(aws, documents, arn, attached[arn]) for arn in sorted(attached.keys() - known)
    )
    return merged(own, theirs)


def _aws_policy(aws: Aws, documents: Documents, arn: str, attachments: int) -> ManagedPolicy:
    answer = aws.call("iam", "GetPolicy", region=aws.home, must=("Policy",), PolicyArn=arn)
    version, document = "", answer
    if not isinstance(answer, Unobserved):
        version = answer["Policy"].get("DefaultVersionId", "")
        document = aws.call(
            "iam",
            "GetPolicyVersion",
            region=aws.home,
            must=("PolicyVersion",),
            PolicyArn=arn,
            VersionId=version,
        )
    return ManagedPolicy(
        name=arn.rsplit("/", 1)[-1],
        arn=arn,
        attachments=attachments,
        version=version,
        document=document
        if isinstance(document, Unobserved)
        else documents.read(document["PolicyVersion"].get("Document"), VERSION),
    )
