"""CT-09: whoever can switch the trail off can act on Marketplace unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.cloudtrail import Trail
from scanner.facts.snapshot import Snapshot
from scanner.policy import LOG_CHANGES, PORTAL_WRITE, Grant, Granted
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.administrators import is_administrator
from scanner.scope.ct import belongs_elsewhere, counted_trails, recording_stores
from scanner.scope.holder import Holder
from scanner.scope.principals import holding, principals
from scanner.vocabulary import Listed, NotSeen, Severity, Unobserved, gaps, seen

STORE_ACTION = "cloudtrail:DeleteEventDataStore"


def able(snapshot: Snapshot) -> Listed[Holder]:
    """Users and roles that may switch some trail or store off, or may by what was not read."""
    return holding(principals(snapshot), LOG_CHANGES)


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Fail who can reach all trails or one that counts; high if listings can be changed as well."""
    who = f"{holder.kind.capitalize()} {holder.name}"
    if is_administrator(holder):
        return passed(f"{who} is an administrator; SELL-09 judges whether it should be.")
    found = holder.grants_or_raises(LOG_CHANGES)
    reach = _Reach.of(snapshot)
    harm = {name: some for name in found.actions if (some := reach.harmful(found, name))}
    if not harm:
        if missing := (*holder.gaps, *reach.unsure(found)):
            raise NotSeen(*dict.fromkeys(missing))
        facts = [Fact("Organization trails", f"{who} {reach.foreign}")] if reach.foreign else []
        return passed(f"{who} can change no trail or store that records this account.", *facts)
    portal = holder.grants(PORTAL_WRITE)
    severity = Severity.HIGH if holder.may_grant(PORTAL_WRITE) else Severity.MEDIUM
    verbs = ", ".join(sorted(action.partition(":")[2] for action in harm))
    also = " It can also change what is sold on Marketplace." if portal else ""
    kept = Granted(harm, {one: found.denied_if.get(one, ()) for one in harm}, found.mfa_gated)
    pieces = holder.excerpts(kept, note=f"These statements grant {verbs}.")
    pieces += holder.excerpts(portal, note="These statements change listings.") if portal else ()
    pieces += tuple(Fact("Not read", gap.sentence()) for gap in holder.gaps)
    reason = f"{who} can switch logging off: {verbs}.{also}"
    return failed(reason, *pieces, severity=severity, values=_values(holder))


@dataclass(frozen=True)
class _Reach:
    """What of this account's logging can be changed from here; `unread` may hide more of it."""

    trails: tuple[Trail, ...]
    stores: tuple[str, ...]
    unread: tuple[Unobserved, ...]
    foreign: str
    """Set when all trails that count belong to another account: nobody here can change them."""

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Reach:
        counted = counted_trails(snapshot)
        stores = recording_stores(snapshot)
        own = tuple(one for one in seen(counted) if not belongs_elsewhere(one, snapshot))
        untouchable = bool(seen(counted)) and not own and not gaps(counted)
        note = "cannot change the trails that count: another account owns them"
        return cls(
            trails=own,
            stores=tuple(one.arn for one in seen(stores)),
            unread=(*gaps(counted), *gaps(stores)),
            foreign=note if untouchable else "",
        )

    def harmful(self, found: Granted, action: str) -> tuple[Grant, ...]:
        """The grants of an action that surely reach every trail, or one that counts."""
        grants = found.grants[action]
        if action == STORE_ACTION:
            reached = self.stores
        else:
            reached = tuple(one.arn for one in self.trails if one.logging is True)
        wide = action == STORE_ACTION or not self.foreign
        return tuple(
            one
            for one in grants
            if (wide and one.statement.covers_everything())
            or any(one.statement.reaches(arn) for arn in reached)
        )

    def unsure(self, found: Granted) -> tuple[Unobserved, ...]:
        """What hides whether some grant reaches a trail that counts."""
        grants = found.of(found.actions)
        statuses = tuple(
            replace(trail.logging, detail=f"{trail.logging.detail} status of {trail.arn}".strip())
            for trail in self.trails
            if isinstance(trail.logging, Unobserved)
            and any(grant.statement.reaches(trail.arn) for grant in grants)
        )
        return (*self.unread, *statuses)


def _values(holder: Holder) -> Mapping[str, str]:
    deny = {"Effect": "Deny", "Action": sorted(LOG_CHANGES), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [deny]}
    place = placement.inline_of(holder, "keep-logging-on")
    return place | {"document": json.dumps(document), "who": holder.name}


REMEDY = Remedy(
    summary="Deny [[who]] to switch trails and event data stores off.",
    minutes=15,
    console=(
        "Ask whether [[who]] needs to change trails at all: if a policy such as"
        " AWSCloudTrail_FullAccess is there for nothing else, detach it.",
        "Otherwise deny it, which wins over every Allow:",
        *placement.STEPS,
        "In an organisation a service control policy with the same Deny holds for all accounts.",
    ),
    cli=placement.CLI,
    cloudformation=placement.CLOUDFORMATION,
    terraform=placement.TERRAFORM,
    breaks=(
        "A pipeline that manages trails stops: let it assume a role of its own that nobody else"
        " may assume, and keep that one out.",
    ),
    way_back="Delete the inline policy [[policy_name]].",
)

CONTROL = Control(
    module=__name__,
    title="Few principals can switch logging off",
    severity=Severity.HIGH,
    risk="Somebody who changes offers or payouts first switches the trail off, and nothing tells"
    " who it was.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS CloudTrail User Guide: Security best practices in AWS CloudTrail",
            "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",
        ),
    ),
    reads=(
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
        "cloudtrail.trails",
        "cloudtrail.data_stores",
    ),
    not_applicable_because="No user or role can change a trail or an event data store.",
    resources=able,
    check=check,
)
