"""One user, group, role or policy: from IAM's dictionaries to facts."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote

from scanner.aws import Answer
from scanner.collect.reading import facts_from, moment, tags_of
from scanner.facts.iam import AttachedPolicy, Group, InlinePolicy, ManagedPolicy, Role, User
from scanner.policy import Policy, parse
from scanner.vocabulary import Listed, Observed, Unobserved

DETAILS = "iam:GetAccountAuthorizationDetails"


class Documents:
    """Reads policy documents; equal texts, which are frequent, become one policy."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], Observed[Policy]] = {}

    def read(self, text: str | None, source: str = DETAILS) -> Observed[Policy]:
        """Read a document, URL-encoded as IAM sends it or plain; `source` is the IAM action."""
        if not text:
            return Unobserved(source, "BadAnswer", detail="the answer lacks the document")
        plain = text if text.lstrip().startswith("{") else unquote(text)
        if (plain, source) not in self._read:
            self._read[plain, source] = parse(plain, source=source)
        return self._read[plain, source]


def user_from(said: Answer, documents: Documents) -> User:
    """A user of GetAccountAuthorizationDetails."""
    arn = said["Arn"]
    return User(
        name=said["UserName"],
        arn=arn,
        created=_created(said),
        path=said.get("Path", "/"),
        groups=tuple(said.get("GroupList") or ()),
        inline=_inline(said, "UserPolicyList", arn, documents),
        attached=_attached(said),
        boundary=_boundary(said),
        tags=tags_of(said),
    )


def group_from(said: Answer, documents: Documents) -> Group:
    """A group of GetAccountAuthorizationDetails."""
    arn = said["Arn"]
    return Group(
        name=said["GroupName"],
        arn=arn,
        path=said.get("Path", "/"),
        inline=_inline(said, "GroupPolicyList", arn, documents),
        attached=_attached(said),
    )


def role_from(said: Answer, documents: Documents) -> Role:
    """A role of GetAccountAuthorizationDetails."""
    arn = said["Arn"]
    return Role(
        name=said["RoleName"],
        arn=arn,
        created=_created(said),
        trust=documents.read(said.get("AssumeRolePolicyDocument")),
        path=said.get("Path", "/"),
        inline=_inline(said, "RolePolicyList", arn, documents),
        attached=_attached(said),
        boundary=_boundary(said),
        last_used=moment((said.get("RoleLastUsed") or {}).get("LastUsedDate")),
        tags=tags_of(said),
        instance_profiles=_profiles(said),
    )


def policy_from(said: Answer, documents: Documents) -> ManagedPolicy:
    """A customer's managed policy with the document of its default version."""
    arn = said["Arn"]
    versions = said.get("PolicyVersionList") or ()
    default: Answer = next((one for one in versions if one.get("IsDefaultVersion")), {})
    return ManagedPolicy(
        name=said.get("PolicyName") or arn.rsplit("/", 1)[-1],
        arn=arn,
        attachments=int(said.get("AttachmentCount") or 0),
        version=said.get("DefaultVersionId") or default.get("VersionId", ""),
        document=documents.read(default.get("Document")),
    )


def _created(said: Answer) -> datetime:
    when = moment(said["CreateDate"])
    if when is None:
        raise ValueError("CreateDate is empty")
    return when


def _inline(said: Answer, key: str, owner: str, documents: Documents) -> tuple[InlinePolicy, ...]:
    return tuple(
        InlinePolicy(owner, one["PolicyName"], documents.read(one.get("PolicyDocument")))
        for one in said.get(key) or ()
    )


def _attached(said: Answer) -> tuple[AttachedPolicy, ...]:
    return tuple(
        AttachedPolicy(one["PolicyName"], one["PolicyArn"])
        for one in said.get("AttachedManagedPolicies") or ()
    )


def _profiles(said: Answer) -> Listed[str]:
    """ARNs of the profiles that hold a role; IAM sends the list even where it is empty."""
    listed = said.get("InstanceProfileList")
    if not isinstance(listed, list):
        return Unobserved(DETAILS, "BadAnswer", detail="the answer lacks InstanceProfileList")
    return facts_from(tuple(listed), lambda one: str(one["Arn"]), action=DETAILS)


def _boundary(said: Answer) -> str:
    return str((said.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn", ""))
