"""CAS-05: who may create roles and attach any policy to them can take the account over."""

from __future__ import annotations

import json
from collections.abc import Mapping

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import Grant
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.enrolment import (
    ATTACH,
    CREATE,
    REPORTS,
    endless,
    left_by_enrolment,
    makers_of_roles,
    unlimited,
)
from scanner.scope.holder import READ_BY, Holder
from scanner.vocabulary import NotSeen, Severity

DENY_POLICY = "deny-enrolment"


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """All three rights together are the fingerprint; without viewReports SELL-09 judges them."""
    who = f"{holder.kind.capitalize()} {holder.name}"
    creating = endless(holder, CREATE, snapshot.account)
    attaching = endless(holder, ATTACH, snapshot.account)
    reporting = holder.grants({REPORTS}).of({REPORTS})
    grants = (*creating, *attaching, *reporting)
    if creating and attaching and reporting:
        reason = (
            f"{who} may still create any role and attach any policy to it, as enrolling in"
            " Commerce Analytics takes."
        )
        pieces = holder.excerpts(grants, note="The marked statements are what enrolling takes.")
        useless = "none" if holder.boundary is None else "one that takes none of it away"
        boundary = Fact("Permissions boundary", useless, READ_BY)
        return failed(reason, boundary, *pieces, values=_values(holder, (*creating, *attaching)))
    if holder.gaps:
        raise NotSeen(*holder.gaps)
    limited = all(unlimited(holder, one, snapshot.account) for one in (CREATE, ATTACH))
    missing = [
        what
        for what, is_there in (
            ("has a permissions boundary that limits it", not limited or (creating and attaching)),
            ("may not create any role", creating),
            ("may not attach any policy to any role", attaching),
            ("may not view reports, so SELL-09 judges its rights", reporting),
        )
        if not is_there
    ]
    return passed(f"{who} {' and '.join(missing)}.", *holder.excerpts(grants))


def _values(holder: Holder, grants: tuple[Grant, ...]) -> Mapping[str, str]:
    """A policy made for enrolling goes; where other rights stand beside, a Deny takes these."""
    left = left_by_enrolment(holder, grants)
    refusal = {
        "Sid": "EnrolmentIsOver",
        "Effect": "Deny",
        "Action": [CREATE, "iam:CreatePolicy", ATTACH],
        "Resource": "*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [refusal]})
    place = placement.inline_of(holder, DENY_POLICY)
    nowhere = {**dict.fromkeys(placement.PLACES, ""), "policy_name": "", "document": ""}
    in_place = bool(left) and not holder.is_identity_center
    return {
        **(nowhere if in_place else {**place, "document": document}),
        "subject": holder.name,
        "leftover": left.name if left and in_place else "",
        "leftover_user": holder.name if in_place and holder.kind == "user" else "",
        "leftover_role": holder.name if in_place and holder.kind == "role" else "",
    }


NEVER = "Enrolment rights are for one day: never put them into code."

REMEDY = Remedy(
    summary="Take the enrolment rights away from [[subject]].",
    minutes=10,
    console=(
        "See in the portal that enrolling in Commerce Analytics is done.",
        "In IAM open [[subject]], Permissions, and delete inline policy [[leftover]].",
        *placement.STEPS,
        "If somebody else enrols again one day, let an administrator do it.",
    ),
    cli="""\
aws iam delete-user-policy --user-name [[leftover_user]] --policy-name [[leftover]]

aws iam delete-role-policy --role-name [[leftover_role]] --policy-name [[leftover]]

"""
    + placement.CLI,
    breaks=("Nothing once enrolment is done; enrolling again takes an administrator.",),
    way_back="Put the policy back for the day of a new enrolment, with a waiver that ends.",
    without=(("cloudformation", NEVER), ("terraform", NEVER)),
)

CONTROL = Control(
    module=__name__,
    title="Enrolment permissions are not left in place",
    severity=Severity.HIGH,
    risk="Whoever may create a role and attach any policy to it becomes an administrator.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Commerce Analytics Service account permissions"),
        Reference(
            "AWS IAM user guide, Permissions boundaries",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies"),
    not_applicable_because="Nobody but administrators may create roles.",
    resources=makers_of_roles,
    check=check,
)
