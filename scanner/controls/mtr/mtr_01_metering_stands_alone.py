"""MTR-01: BatchMeterUsage writes invoices, so whoever holds it should hold little else."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import METER
from scanner.remedy import Remedy
from scanner.scope import metering_rewrites
from scanner.scope.doubt import hidden
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.metering_surplus import Crowd, Surplus, remedy_values, surplus
from scanner.scope.mtr import batch_senders, metering_principals, names_of, sells_any
from scanner.scope.products import Kind
from scanner.scope.sell import called
from scanner.vocabulary import Listed, NotSeen, Severity, complete, merged, seen

MOST_NAMES = 5


def judged(snapshot: Snapshot) -> Listed[Crowd | Holder]:
    """Metering identities, and how many there are: also none where something is sold."""
    found: Listed[Crowd | Holder] = metering_principals(snapshot)
    if not seen(found) and sells_any(snapshot, *Kind) is False:
        return found
    crowd: Listed[Crowd | Holder] = (Crowd(snapshot.account),)
    return merged(crowd, found)


def check(one: Crowd | Holder, snapshot: Snapshot) -> Verdict:
    """Judge an identity; what may be worse than what was found keeps it from being judged."""
    if isinstance(one, Crowd):
        return _crowd(snapshot)
    said = list(surplus(one, snapshot))
    missing = hidden(said)
    if missing:
        raise NotSeen(*missing)
    found = [part for part in said if isinstance(part, Surplus)]
    rights = names_of(one.grants(METER).actions)
    meters = Fact("Metering rights", rights, READ_BY)
    evidence = (meters, *one.excerpts([grant for part in found for grant in part.grants]))
    values = remedy_values(one, snapshot) | {"senders": ""} if found else {}
    faults = [
        failed(part.sentence, *evidence, severity=part.severity, values=values) for part in found
    ]
    return all_faults(faults, passed(f"{called(one)} has {rights} by name only.", *evidence))


def _crowd(snapshot: Snapshot) -> Verdict:
    """Few may send records; administrators, who may do everything, are not counted."""
    listed = batch_senders(snapshot)
    names = sorted(called(one) for one in seen(listed))
    most = snapshot.profile.max_metering_principals
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    told = ", ".join(names[:MOST_NAMES]) + more or "none"
    fact = Fact("With BatchMeterUsage, administrators aside", told, READ_BY)
    if len(names) > most:
        reason = f"{len(names)} users and roles have BatchMeterUsage: more than {most} is too many."
        values = metering_rewrites.NOTHING | {"senders": told}
        return failed(reason, fact, severity=Severity.LOW, values=values)
    complete(listed)
    counted = "1 user or role has" if len(names) == 1 else f"{len(names)} users and roles have"
    return passed(f"{counted} BatchMeterUsage, at most {most} may.", fact)


REMEDY = Remedy(
    summary="Give each metering identity the actions of its product by name, and nothing beside.",
    minutes=30,
    console=(
        "See in Last accessed what the identity really uses: a SaaS product needs ResolveCustomer,"
        " BatchMeterUsage if it is metered, GetEntitlements for contracts.",
        *metering_rewrites.STEPS,
        "Of [[senders]] keep those that run the metering, and take aws-marketplace:BatchMeterUsage"
        " from the others.",
    ),
    cli=metering_rewrites.CLI,
    cloudformation=metering_rewrites.CLOUDFORMATION,
    terraform=metering_rewrites.TERRAFORM,
    breaks=(
        "Without ResolveCustomer sign-ups fail, without BatchMeterUsage revenue is lost: test with a"
        " limited listing.",
        "What the identity did beside metering stops: give that to a role of its own first.",
        "[[leave_user]] loses all that group [[leave_group]] brings, not metering alone.",
    ),
    way_back="Put the old document back, which the evidence shows, attach the policy again, or put"
    " the user back into the group.",
)

CONTROL = Control(
    module=__name__,
    title="Metering identities hold only metering rights",
    severity=Severity.HIGH,
    risk="Whoever breaks into the SaaS service bills customers, and changes the listing as well.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Seller Guide: metering and entitlement API permissions",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/iam-user-policy-for-aws-marketplace-actions.html",
        ),
    ),
    reads=(
        "iam.users",
        "iam.groups",
        "iam.roles",
        "iam.policies",
        "iam.report",
        "catalog.products",
    ),
    not_applicable_because="No SaaS, AMI or container product is sold, and nobody but administrators"
    " has metering rights.",
    resources=judged,
    check=check,
)
