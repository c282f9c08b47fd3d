"""IAM is read in account-wide pages; policies of AWS only where they are attached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from scanner.aws import Answer, Kind, Trouble
from scanner.collect import iam
from scanner.facts.iam import AccountSummary, IamFacts
from scanner.policy import Malformed, Policy
from scanner.vocabulary import Partial, Unobserved, gaps, seen
from tests.builders import NOW, OWN
from tests.fakes import DENIED, FakeAws, Reply

DETAILS = "iam:GetAccountAuthorizationDetails"
ALLOW = {"Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}
DOCUMENT = quote(json.dumps(ALLOW))
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
BOUNDARY = "arn:aws:iam::aws:policy/PowerUserAccess"
USER: Answer = {
    "UserName": "ana",
    "Arn": f"arn:aws:iam::{OWN}:user/team/ana",
    "Path": "/team/",
    "CreateDate": NOW,
    "GroupList": ["people"],
    "UserPolicyList": [{"PolicyName": "inline", "PolicyDocument": DOCUMENT}],
    "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": AWS_POLICY}],
    "PermissionsBoundary": {"PermissionsBoundaryArn": BOUNDARY},
    "Tags": [{"Key": "team", "Value": "portal"}],
}
ROLE: Answer = {
    "RoleName": "worker",
    "Arn": f"arn:aws:iam::{OWN}:role/worker",
    "Path": "/",
    "CreateDate": NOW,
    "AssumeRolePolicyDocument": DOCUMENT,
    "RolePolicyList": [],
    "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": AWS_POLICY}],
    "RoleLastUsed": {"LastUsedDate": datetime(2026, 1, 1, tzinfo=UTC)},
    "InstanceProfileList": [],
}
GROUP: Answer = {"GroupName": "people", "Arn": f"arn:aws:iam::{OWN}:group/people", "Path": "/"}
POLICY: Answer = {
    "Arn": f"arn:aws:iam::{OWN}:policy/own",
    "AttachmentCount": 2,
    "DefaultVersionId": "v2",
    "PolicyVersionList": [
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": DOCUMENT},
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": "%7B"},
    ],
}
QUIET: Mapping[str, Reply] = {
    "iam:GetAccountSummary": {
        "SummaryMap": {
            "AccountMFAEnabled": 1,
            "AccountAccessKeysPresent": 0,
            "AccountSigningCertificatesPresent": 0,
        }
    },
    "iam:GenerateCredentialReport": DENIED,
    "iam:GetAccountPasswordPolicy": Trouble("NoSuchEntity", Kind.OTHER),
    "iam:ListVirtualMFADevices": {"VirtualMFADevices": []},
    "iam:GetPolicy": {"Policy": {"DefaultVersionId": "v9"}},
    "iam:GetPolicyVersion": {"PolicyVersion": {"Document": DOCUMENT}},
}


def page(**lists: list[Answer]) -> Answer:
    empty: dict[str, list[Answer]] = {
        "UserDetailList": [], "RoleDetailList": [], "GroupDetailList": [], "Policies": [],
    }  # fmt: skip
    return {**empty, **lists, "IsTruncated": False}


def everybody() -> Answer:
    return page(
        UserDetailList=[USER], RoleDetailList=[ROLE], GroupDetailList=[GROUP], Policies=[POLICY]
    )


def collected(details: Reply | list[Reply], **replies: Reply) -> tuple[FakeAws, IamFacts]:
    said = {f"iam:{name}": reply for name, reply in replies.items()}
    aws = FakeAws({**QUIET, DETAILS: details, **said})
    return aws, iam.collect(aws)


def test_principals_and_policies_are_read() -> None:
    _, facts = collected(everybody())
    (user,), (role,), (group,) = seen(facts.users), seen(facts.roles), seen(facts.groups)
    assert (user.name, user.path, user.groups, user.boundary) == (
        "ana", "/team/", ("people",), BOUNDARY,
    )  # fmt: skip
    assert [one.arn for one in user.attached] == [AWS_POLICY]
    assert user.inline[0].key == f"{USER['Arn']}#inline-policy/inline"
    assert isinstance(user.inline[0].document, Policy)
    assert user.tags == {"team": "portal"}
    assert role.last_used == datetime(2026, 1, 1, tzinfo=UTC)
    assert isinstance(role.trust, Policy)
    assert group.name == "people"


def test_a_role_names_the_profiles_that_hold_it() -> None:
    arn = f"arn:aws:iam::{OWN}:instance-profile/worker"
    _, facts = collected(page(RoleDetailList=[ROLE | {"InstanceProfileList": [{"Arn": arn}]}]))
    assert seen(facts.roles)[0].instance_profiles == (arn,)


@pytest.mark.parametrize("listed", [None, "none", [{"InstanceProfileName": "worker"}]])
def test_profiles_that_cannot_be_read_are_a_gap_of_their_role(listed: object) -> None:
    _, facts = collected(page(RoleDetailList=[ROLE | {"InstanceProfileList": listed}]))
    (gap,) = gaps(seen(facts.roles)[0].instance_profiles)
    assert (gap.action, gap.error) == (DETAILS, "BadAnswer")


def test_a_role_that_was_never_used_has_no_date() -> None:
    _, facts = collected(page(RoleDetailList=[ROLE | {"RoleLastUsed": {}}]))
    assert seen(facts.roles)[0].last_used is None


def test_the_default_version_of_an_own_policy_counts() -> None:
    _, facts = collected(page(Policies=[POLICY]))
    (policy,) = seen(facts.policies)
    assert (policy.name, policy.version, policy.attachments) == ("own", "v2", 2)
    assert isinstance(policy.document, Policy)


def test_documents_may_come_url_encoded_or_plain() -> None:
    percent = {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "a%2Fb"}]}
    for text in (json.dumps(percent), quote(json.dumps(percent))):
        _, facts = collected(page(RoleDetailList=[ROLE | {"AssumeRolePolicyDocument": text}]))
        trust = seen(facts.roles)[0].trust
        assert isinstance(trust, Policy)
        assert trust.statements[0].resources == ("a%2Fb",)


@pytest.mark.parametrize("text", ["%7B%22cut", "{", "null", quote('{"Statement": [{}]}')])
def test_a_broken_document_is_evidence(text: str) -> None:
    _, facts = collected(page(RoleDetailList=[ROLE | {"AssumeRolePolicyDocument": text}]))
    trust = seen(facts.roles)[0].trust
    assert isinstance(trust, Malformed)
    assert trust.action == DETAILS


def test_a_missing_document_is_unobserved() -> None:
    bare = {name: value for name, value in ROLE.items() if name != "AssumeRolePolicyDocument"}
    _, facts = collected(page(RoleDetailList=[bare]))
    assert isinstance(seen(facts.roles)[0].trust, Unobserved)


def test_aws_policies_are_fetched_once_if_attached_or_a_boundary() -> None:
    aws, facts = collected(everybody())
    theirs = {one.arn: one for one in seen(facts.policies) if one.aws_managed}
    assert {arn: one.attachments for arn, one in theirs.items()} == {AWS_POLICY: 2, BOUNDARY: 0}
    assert all(isinstance(one.document, Policy) for one in theirs.values())
    assert (aws.times()["iam:GetPolicy"], aws.times()["iam:GetPolicyVersion"]) == (2, 2)
    versions = [params for action, _, params in aws.asked if action == "iam:GetPolicyVersion"]
    assert {params["VersionId"] for params in versions} == {"v9"}


@pytest.mark.parametrize(
    ("refused", "asked"),
    [("GetPolicy", "iam:GetPolicy"), ("GetPolicyVersion", "iam:GetPolicyVersion")],
)
def test_a_refused_aws_policy_keeps_its_place(refused: str, asked: str) -> None:
    _, facts = collected(everybody(), **{refused: DENIED})
    documents = [one.document for one in seen(facts.policies) if one.aws_managed]
    assert [gaps(document)[0].action for document in documents] == [asked, asked]


@pytest.mark.parametrize("users", [1, 10, 1_000])
def test_the_number_of_calls_does_not_grow_with_the_number_of_users(users: int) -> None:
    many = [USER | {"Arn": f"arn:aws:iam::{OWN}:user/u{n}"} for n in range(users)]
    aws, facts = collected(page(UserDetailList=many))
    assert len(seen(facts.users)) == users
    assert aws.wire.calls.total == 1 + 1 + 2 + 1 + 2 * 2


def test_pages_are_joined_and_a_principal_that_comes_twice_is_one() -> None:
    first = page(UserDetailList=[USER]) | {"IsTruncated": True, "Marker": "m"}
    _, facts = collected([first, page(UserDetailList=[USER], RoleDetailList=[ROLE])])
    assert (len(seen(facts.users)), len(seen(facts.roles))) == (1, 1)


def test_a_refused_later_page_leaves_every_list_partial() -> None:
    first = page(UserDetailList=[USER]) | {"IsTruncated": True, "Marker": "m"}
    _, facts = collected([first, DENIED])
    for listed in (facts.users, facts.roles, facts.groups, facts.policies):
        assert isinstance(listed, Partial)
    assert len(seen(facts.users)) == 1


def test_refused_details_leave_every_list_unobserved_with_the_action() -> None:
    _, facts = collected(DENIED)
    gap = Unobserved(DETAILS, "AccessDenied", "", DENIED.detail)
    assert (facts.users, facts.roles, facts.groups, facts.policies) == (gap, gap, gap, gap)


LISTS = {
    "UserDetailList": "users",
    "GroupDetailList": "groups",
    "RoleDetailList": "roles",
    "Policies": "policies",
}


def lacking(answer: Answer, key: str) -> Answer:
    return {name: value for name, value in answer.items() if name != key}


@pytest.mark.parametrize("lost", [*LISTS])
def test_an_answer_without_a_list_is_a_gap_in_it_and_no_empty_account(lost: str) -> None:
    _, facts = collected(lacking(everybody(), lost))
    for key, name in LISTS.items():
        expected = (Unobserved(DETAILS, "BadAnswer", "", f"the answer lacks {key}"),)
        assert gaps(getattr(facts, name)) == (expected if key == lost else ())
        assert bool(seen(getattr(facts, name))) == (key != lost)


def test_an_empty_answer_leaves_every_list_unobserved() -> None:
    _, facts = collected({"IsTruncated": False})
    for listed in (facts.users, facts.roles, facts.groups, facts.policies):
        assert isinstance(listed, Unobserved)


def test_a_list_that_is_no_list_is_a_gap() -> None:
    _, facts = collected({**page(), "UserDetailList": None, "Policies": "none"})
    assert isinstance(facts.users, Unobserved)
    assert isinstance(facts.policies, Unobserved)
    assert facts.roles == ()


@pytest.mark.parametrize("lost", [*LISTS])
def test_one_page_without_a_list_cuts_it(lost: str) -> None:
    first = everybody() | {"IsTruncated": True, "Marker": "m"}
    _, facts = collected([first, lacking(page(), lost)])
    listed = getattr(facts, LISTS[lost])
    assert isinstance(listed, Partial)
    assert listed.items


def test_a_user_that_cannot_be_read_is_a_gap_beside_the_others() -> None:
    _, facts = collected(page(UserDetailList=[{"UserName": "ghost"}, USER]))
    assert isinstance(facts.users, Partial)
    assert [user.name for user in facts.users.items] == ["ana"]


def test_the_summary_is_read_and_a_missing_counter_is_not_zero() -> None:
    _, facts = collected(page())
    assert facts.summary == AccountSummary(1, 0, 0, None)
    _, facts = collected(page(), GetAccountSummary={"SummaryMap": {"AccountMFAEnabled": 1}})
    assert isinstance(facts.summary, Unobserved)
    _, facts = collected(page(), GetAccountSummary=DENIED)
    assert isinstance(facts.summary, Unobserved)


def test_hostile_names_stay_as_they_are() -> None:
    name = "<script>\u202e\x07" + "a" * 10_000
    _, facts = collected(page(UserDetailList=[USER | {"UserName": name}]))
    assert seen(facts.users)[0].name == name
