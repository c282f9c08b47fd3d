"""PSC-01: the export of buyers' contact data ended in 2022, so its permission serves nobody."""

from __future__ import annotations

from scanner.control import Control, Reference, Verdict, failed, passed
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import PSC_CALL
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.holder import Holder
from scanner.scope.psc import EVENT, ExportCalls, export_rights, leftovers
from scanner.vocabulary import NotSeen, Severity, complete, seen

LOOKUP = "cloudtrail:LookupEvents"
POLICY_NAME = "deny-retired-support-export"
ACTION = next(iter(PSC_CALL))
DOCUMENT = (
    '{"Version": "2012-10-17", "Statement": [{"Sid": "RetiredSupportExport", "Effect": "Deny",'
    f' "Action": "{ACTION}", "Resource": "*"}}]}}'
)
MOST_CALLS = 5


def check(resource: ExportCalls | Holder, snapshot: Snapshot) -> Verdict:
    """A call in the last 90 days is medium, the mere right to make one is low."""
    if isinstance(resource, Holder):
        return _judge_holder(resource)
    calls = seen(resource.calls)
    if not calls:
        complete(resource.calls)
        return passed(f"Nobody called {EVENT} in the last 90 days.")
    callers = sorted({call.user or "somebody unknown" for call in calls})
    facts = [
        Fact(f"Call on {call.time:%Y-%m-%d %H:%M} UTC", call.user, LOOKUP)
        for call in calls[:MOST_CALLS]
    ]
    nothing = dict.fromkeys((*placement.PLACES, "policy_name", "document"), "")
    values = nothing | {"callers": ", ".join(callers)}
    times = "once" if len(calls) == 1 else f"{len(calls)} times"
    reason = (
        f"{EVENT} was called {times} in the last 90 days, by {', '.join(callers[:MOST_CALLS])}."
    )
    return failed(reason, *facts, values=values)


def _judge_holder(holder: Holder) -> Verdict:
    rights = export_rights(holder)
    if not rights:
        raise NotSeen(*holder.gaps)
    pieces = holder.excerpts(rights, note=f"These statements allow {EVENT}.")
    values = placement.inline_of(holder, POLICY_NAME) | {"document": DOCUMENT, "callers": ""}
    reason = f"{holder.kind.capitalize()} {holder.name} may call the retired {EVENT}."
    return failed(reason, *pieces, severity=Severity.LOW, values=values)


REMEDY = Remedy(
    summary="Take away what is left of Product Support Connection.",
    minutes=10,
    console=(
        "Ask [[callers]] what still calls the export, and switch it off: the service has ended.",
        "Delete the statements shown above. Where others share the policy, deny the action with"
        " [[policy_name]] instead:",
        *placement.STEPS,
    ),
    cli="""\
aws cloudtrail lookup-events --region us-east-1 \\
  --lookup-attributes AttributeKey=EventName,AttributeValue=StartSupportDataExport

"""
    + placement.CLI,
    cloudformation=placement.CLOUDFORMATION,
    terraform=placement.TERRAFORM,
    breaks=("Nothing: the service ended on 30 November 2022 and the call fails anyway.",),
    way_back="Delete the inline policy.",
)

CONTROL = Control(
    module=__name__,
    title="Nobody keeps or uses the retired export permission",
    severity=Severity.MEDIUM,
    risk="A permission for buyers' contact data that serves nobody can only be misused.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide of June 2023, Product Support Connection"),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "cloudtrail.events"),
    not_applicable_because="There is nothing to look at.",
    resources=leftovers,
    check=check,
)
