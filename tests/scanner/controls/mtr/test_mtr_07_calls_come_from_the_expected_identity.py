"""MTR-07 on calls of BatchMeterUsage by workloads, people, root and nobody."""

from __future__ import annotations

import pytest

from scanner.controls.mtr.mtr_07_calls_come_from_the_expected_identity import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.cloudtrail import METERING, TrailEvent
from scanner.facts.iam import CredentialReport, ManagedPolicy, Role, User
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Listed, Observed, Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    days_ago,
    denied,
)
from tests.builders_resources import a_product, an_event
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import a_malformed_policy, allow, deny, trust

HIGH, MEDIUM, LOW = Severity.HIGH, Severity.MEDIUM, Severity.LOW
LOOKUP = denied("cloudtrail:LookupEvents", "us-east-1")
CATALOG = denied("aws-marketplace:ListEntities", "us-east-1")
GAP = denied(AUTHORIZATION_DETAILS)
REPORT = denied("iam:GetCredentialReport")
MAY = {"p": allow("aws-marketplace:BatchMeterUsage")}
METER = a_role("metering", inline=MAY)
SAAS = a_product(id="prod-saas", type="SaaSProduct")
HIDDEN = a_product(id="prod-saas", type="SaaSProduct", visibility="Limited")
ROOT = an_event(id="r", caller_type="Root", caller=f"arn:aws:iam::{OWN}:root", user="root")
EVE = f"arn:aws:iam::{OWN}:user/eve"
BY_EVE = an_event(id="e", caller_type="IAMUser", caller=EVE, user="eve")
PERSON = a_report(a_row("eve", password=True))
ONE_SAAS, ONE_METER = (SAAS,), (METER,)


def account(
    *calls: TrailEvent,
    cut: Listed[TrailEvent] | None = None,
    roles: Listed[Role] = ONE_METER,
    users: Listed[User] = (),
    policies: Listed[ManagedPolicy] = (),
    report: Observed[CredentialReport] | None = None,
    products: Listed[Product] = ONE_SAAS,
    profile: Profile | None = None,
    scan_role: str = "",
) -> Snapshot:
    return a_snapshot(
        roles=roles,
        users=users,
        groups=(a_group("staff", inline=MAY),),
        policies=policies,
        report=report,
        products=products,
        profile=profile,
        events={METERING: calls if cut is None else cut},
        scan_role=scan_role,
    )


def calls(count: int, errors: int = 0) -> list[TrailEvent]:
    return [
        an_event(id=str(n), error="ThrottlingException" if n < errors else "") for n in range(count)
    ]


def asked() -> Expected:
    return Expected(Status.MANUAL, says="a SaaS product is public", shows="last 90 days: none")


CASES = (
    Case(
        "A role that may call calls",
        account(*calls(3)),
        passes(
            "called by workloads that may call it",
            shows=f"by arn:aws:iam::{OWN}:role/metering: 3, last 2026-11-19 08:40 UTC in us-east-1",
        ),
    ),
    Case(
        "Root is high",
        account(*calls(3), ROOT),
        fails(HIGH, "The root user called BatchMeterUsage once in the last 90 days.", shows=":root"),
    ),
    Case(
        "A person is medium",
        account(BY_EVE, BY_EVE, users=(a_user("eve", inline=MAY),), report=PERSON),
        fails(MEDIUM, f"{EVE}, which is for people, called BatchMeterUsage 2 times"),
    ),
    Case(
        "A person's group counts",
        account(BY_EVE, users=(a_user("eve", groups=["staff"]),), report=PERSON),
        fails(MEDIUM, f"{EVE}, which is for people, called BatchMeterUsage once in the"),
    ),
    Case(
        "A permission set is a person",
        account(
            *calls(1),
            roles=(
                a_role(
                    "metering",
                    trusted=trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/okta"}),
                    inline=MAY,
                ),
            ),
        ),
        fails(MEDIUM, "for people"),
    ),
    Case(
        "A user with keys only is a workload",
        account(
            BY_EVE,
            users=(a_user("eve", inline=MAY),),
            report=a_report(a_row("eve", keys=(a_key(),))),
        ),
        passes(),
    ),
    Case(
        "Who lost the right is medium",
        account(*calls(2), roles=(a_role("metering", inline=MAY | {"q": deny("*")}),)),
        fails(MEDIUM, "role/metering called BatchMeterUsage 2 times in the last 90 days and has no"),
    ),
    Case(
        "So is who is gone",
        account(*calls(1), roles=()),
        fails(MEDIUM, "is no user or role of this account any more."),
    ),
    Case(
        "Our own role and service-linked ones are left alone",
        account(
            an_event(caller=f"arn:aws:iam::{OWN}:role/ours"),
            an_event(id="2", caller=f"arn:aws:iam::{OWN}:role/aws-service-role/x/y"),
            scan_role=f"arn:aws:iam::{OWN}:role/ours",
        ),
        passes(),
    ),
    Case(
        "A call that names nobody is told",
        account(an_event(caller="", user="", caller_type="")),
        passes(shows="somebody unknown: 1"),
    ),
    Case("A tenth of errors is fine", account(*calls(10, errors=1)), passes()),
    Case(
        "More is low",
        account(*calls(9, errors=1)),
        fails(LOW, "11 % of 9 calls of BatchMeterUsage failed: ThrottlingException."),
    ),
    Case(
        "The worst counts and all are told",
        account(ROOT, BY_EVE, *calls(1, errors=1), users=(a_user("eve", inline=MAY),), report=PERSON),
        fails(HIGH, "for people, called BatchMeterUsage once in the last 90 days. 33 % of 3"),
    ),
    Case(
        "Of many callers some are shown",
        account(
            *(an_event(id=str(n), caller=f"arn:aws:iam::{OWN}:role/m{n}") for n in range(6)),
            roles=tuple(a_role(f"m{n}", inline=MAY) for n in range(6)),
        ),
        passes(shows="More callers: 1"),
    ),
    Case("No call and a public product: somebody has to say it", account(), asked()),
    Case(
        "So it is for one that only the profile knows",
        account(products=(), profile=Profile(product_types=("saas_subscription",))),
        asked(),
    ),
    Case(
        "No call and no public product",
        account(products=(HIDDEN,)),
        passes("No SaaS product is public, and nobody called"),
    ),
    Case("No SaaS product", account(products=(a_product(),)), not_applicable("with metering is sold")),
    Case("Nothing is sold, whatever was called", account(ROOT, products=()), not_applicable()),
    Case(
        "Contracts are not metered",
        account(profile=Profile(product_types=("saas_contract",))),
        not_applicable(shows="last 90 days: none"),
    ),
    Case(
        "Unless they are",
        account(ROOT, profile=Profile(product_types=("saas_contract",))),
        fails(HIGH, "root"),
    ),
    Case(
        "Contracts with consumption are metered",
        account(profile=Profile(product_types=("saas_contract", "saas_contract_usage"))),
        asked(),
    ),
    Case("Without the history", account(cut=LOOKUP), not_assessed(LOOKUP.action)),
    Case("A history that nobody asked for", a_snapshot(products=ONE_SAAS, events={}),
         Expected(Status.NOT_ASSESSED)),
    Case(
        "A cut history does not pass",
        account(cut=Partial(tuple(calls(2)), (LOOKUP,))),
        not_assessed(LOOKUP.action),
    ),
    Case(
        "It may hide the root user",
        account(
            cut=Partial((BY_EVE,), (LOOKUP,)), users=(a_user("eve", inline=MAY),), report=PERSON
        ),
        not_assessed(LOOKUP.action),
    ),
    Case(
        "It proves the worst",
        account(cut=Partial((ROOT,), (LOOKUP,))),
        fails(HIGH, "root"),
    ),
    Case("Nor is no call in it none", account(cut=Partial((), (LOOKUP,))), not_assessed(LOOKUP.action)),
    Case("Without the catalog no call says nothing", account(products=CATALOG), not_assessed(CATALOG.action)),
    Case(
        "A catalog that was cut may hide a public product",
        account(products=Partial((HIDDEN,), (CATALOG,))),
        not_assessed(CATALOG.action),
    ),
    Case("Without the catalog calls are judged", account(ROOT, products=CATALOG), fails(HIGH, "root")),
    Case("Without the roles nobody knows who calls", account(*calls(1), roles=GAP), not_assessed(GAP.action)),
    Case(
        "Without the policies nobody knows who may",
        account(
            *calls(20, errors=20),
            roles=(a_role("metering", managed=[a_managed_policy("M")]),),
            policies=GAP,
        ),
        not_assessed(GAP.action),
    ),
    Case(
        "A trust that was not read may be for people",
        account(*calls(1), roles=(a_role("metering", trusted=a_malformed_policy(), inline=MAY),)),
        not_assessed(GAP.action),
    ),
    Case(
        "Without the report a user may be a person",
        account(BY_EVE, users=(a_user("eve", inline=MAY),), report=REPORT),
        not_assessed(REPORT.action),
    ),
    Case(
        "But root is root",
        account(ROOT, BY_EVE, users=(a_user("eve", inline=MAY),), report=REPORT),
        fails(HIGH, "root"),
    ),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=str)
def test_calls_come_from_the_expected_identity(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_latest_call_of_a_caller_is_told() -> None:
    snapshot = account(an_event(id="1", time=days_ago(1)), an_event(id="2", time=days_ago(9)))
    (outcome,) = judged(CONTROL, snapshot).values()
    assert "2, last 2026-11-23" in str(outcome.evidence)


def test_the_command_looks_where_the_call_was() -> None:
    snapshot = account(an_event(id="1", region="eu-west-1"), roles=())
    (outcome,) = judged(CONTROL, snapshot).values()
    assert "lookup-events --region eu-west-1" in fill(CONTROL.remedy, outcome.values).cli


def test_people_are_asked_for_one_sentence_a_year() -> None:
    assert CONTROL.attestation is not None
    assert CONTROL.attestation.valid_days == 365
