"""MTR-01 on metering identities and what they hold beside their metering."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scanner.controls.mtr.mtr_01_metering_stands_alone import CONTROL
from scanner.facts.catalog import Product
from scanner.facts.iam import CredentialReport, Group, ManagedPolicy, Role, User
from scanner.facts.profile import Profile
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from scanner.vocabulary import Listed, Partial, Severity, Status
from tests.builders import (
    AUTHORIZATION_DETAILS,
    OWN,
    Inline,
    a_group,
    a_key,
    a_managed_policy,
    a_report,
    a_role,
    a_row,
    a_snapshot,
    a_user,
    denied,
)
from tests.builders_resources import a_product
from tests.cases import Case, Expected, fails, judged, not_applicable, not_assessed, passes
from tests.documents import (
    Document,
    a_malformed_policy,
    a_policy,
    allow,
    allow_all_but,
    deny,
    trust,
)

HIGH, LOW = Severity.HIGH, Severity.LOW
MARKET = "aws-marketplace:"
BATCH, RESOLVE, ENTITLED = (
    f"{MARKET}{name}" for name in ("BatchMeterUsage", "ResolveCustomer", "GetEntitlements")
)
METER, REGISTER = f"{MARKET}MeterUsage", f"{MARKET}RegisterUsage"
METERS = allow(BATCH, RESOLVE, ENTITLED)
SAAS = a_product(id="prod-saas", type="SaaSProduct")
AMI = a_product()
CONTAINER = a_product(id="prod-box", type="ContainerProduct@1.0")
CATALOG = denied("aws-marketplace:ListEntities", "us-east-1")
GAP = denied(AUTHORIZATION_DETAILS)
CROWD = "Senders of metering records"
FEW = {CROWD: passes("at most 3 may")}
LAMBDA = trust({"Service": "lambda.amazonaws.com"})
SAML = trust({"Federated": f"arn:aws:iam::{OWN}:saml-provider/okta"})
ONE_SAAS = (SAAS,)
METERING_FULL = a_managed_policy("AWSMarketplaceMeteringFullAccess", allow(METER), aws=True)
POWER = a_managed_policy("PowerUserAccess", allow_all_but("iam:*", "organizations:*"), aws=True)
PUBLISHES = a_managed_policy("Publishes", allow(f"{MARKET}StartChangeSet", "s3:GetObject"))


def account(
    *roles: Role,
    users: Listed[User] = (),
    groups: Listed[Group] = (),
    policies: Listed[ManagedPolicy] = (),
    report: CredentialReport | None = None,
    products: Listed[Product] = ONE_SAAS,
    profile: Profile | None = None,
) -> Snapshot:
    return a_snapshot(
        roles=roles,
        users=users,
        groups=groups,
        policies=policies,
        report=report,
        products=products,
        profile=profile,
    )


def a_meter(*statements: Document, name: str = "meter", trusted: Document = LAMBDA) -> Role:
    return a_role(name, trusted=trusted, inline={"p": a_policy(*statements)})


def holding(
    sentence: str, expected: Expected, *statements: Document, products: Listed[Product] = ONE_SAAS
) -> Case:
    snapshot = account(a_meter(*statements), products=products)
    return Case(sentence, snapshot, {**FEW, "meter": expected})


def high(says: str, *, shows: str = "") -> Expected:
    return fails(HIGH, says, shows=shows)


CASES = (
    holding(
        "The three actions of SaaS by name pass",
        passes("Role meter has BatchMeterUsage, GetEntitlements, ResolveCustomer by name only."),
        METERS,
    ),
    holding(
        "Rights of the application are fine",
        passes(),
        METERS,
        allow("dynamodb:*", "sqs:*", "aws-marketplace:DescribeEntity"),
    ),
    holding("Spelling without case is a name", passes(), allow("AWS-Marketplace:batchmeterusage")),
    holding(
        "Publishing beside metering is high",
        high(
            "Role meter has metering rights and can also change listings.",
            shows="aws-marketplace:StartChangeSet",
        ),
        METERS,
        allow("aws-marketplace:StartChangeSet", on="arn:aws:aws-marketplace:us-east-1:*:*"),
    ),
    *(
        holding(f"{action} beside metering is high", high(says), METERS, allow(action))
        for action, says in (
            ("tax:PutTaxInterview", "change payout, tax and identity settings."),
            ("aws-marketplace:Subscribe", "can also buy."),
            ("iam:PutRolePolicy", "grant itself other rights."),
            ("marketplacecommerceanalytics:GenerateDataSet", "order Commerce Analytics reports."),
        )
    ),
    holding(
        "The whole service is high twice",
        high(
            "and can also change listings, change payout, tax and identity settings and buy. Role"
            " meter has metering rights (BatchMeterUsage, GetEntitlements, MeterUsage,"
            " RegisterUsage, ResolveCustomer) through aws-marketplace:*."
        ),
        allow("aws-marketplace:*"),
    ),
    holding(
        "A wildcard for metering is high",
        high("(BatchMeterUsage) through aws-marketplace:Batch*Usage."),
        allow("aws-marketplace:Batch*Usage", RESOLVE),
    ),
    holding("NotAction is high", high("through NotAction."), allow_all_but("iam:*", "tax:*")),
    holding(
        "A Deny without conditions takes it away",
        passes(),
        METERS,
        allow("iam:*"),
        deny("iam:*"),
    ),
    holding(
        "A Deny with conditions does not",
        high("grant itself"),
        METERS,
        allow("iam:*"),
        deny("iam:*", when={"Bool": {"aws:ViaAWSService": "false"}}),
    ),
    holding(
        "Actions of a type that is not sold are low",
        fails(LOW, "Role meter can use RegisterUsage, and no Container product is sold."),
        METERS,
        allow(REGISTER),
    ),
    holding(
        "MeterUsage needs an AMI or a container product",
        fails(LOW, "Role meter can use MeterUsage, and no Ami or Container product is sold."),
        allow(METER),
    ),
    holding(
        "Containers with custom metering use MeterUsage",
        passes(),
        allow(METER, REGISTER),
        products=(CONTAINER,),
    ),
    holding("Images use MeterUsage", passes(), allow(METER), products=(AMI,)),
    Case(
        "What the profile sells is sold",
        account(a_meter(METERS), products=(), profile=Profile(product_types=("saas_contract",))),
        {**FEW, "meter": passes()},
    ),
    holding(
        "Without the catalog nobody knows what is sold",
        not_assessed(CATALOG.action),
        METERS,
        products=CATALOG,
    ),
    holding(
        "What is high stays so without the catalog",
        high("through aws-marketplace:*Meter*."),
        allow("aws-marketplace:*Meter*"),
        products=CATALOG,
    ),
    Case(
        "AWS's policies for metering are narrow",
        account(
            a_role("meter", managed=[METERING_FULL]), policies=(METERING_FULL,), products=(AMI,)
        ),
        {**FEW, "meter": passes()},
    ),
    Case(
        "Power users meter too",
        account(a_role("meter", managed=[POWER], trusted=SAML), policies=(POWER,)),
        {**FEW, "meter": high("through NotAction.", shows="Policy PowerUserAccess")},
    ),
    Case(
        "Administrators are judged on their own",
        account(a_meter(allow("*")), products=()),
        not_applicable("nobody but administrators"),
    ),
    Case(
        "Roles and users without metering are left out",
        account(a_role("other", inline={"p": allow("s3:*")}), users=(a_user(),)),
        {CROWD: passes("0 users and roles have BatchMeterUsage, at most 3 may.", shows="none")},
    ),
    Case("Nothing is sold and nobody meters", account(products=()), not_applicable("No SaaS, AMI")),
    Case(
        "Without the catalog there may be something to meter",
        account(products=CATALOG),
        FEW,
    ),
    Case(
        "More senders than the profile allows are low",
        account(
            *(a_meter(METERS, name=f"meter-{n}") for n in range(6)),
            a_meter(allow(RESOLVE), name="signup"),
        ),
        {
            CROWD: fails(
                LOW,
                "6 users and roles have BatchMeterUsage: more than 3 is too many.",
                shows="Role meter-4 and 1 more",
            ),
            "signup": passes(),
            **{f"meter-{n}": passes() for n in range(6)},
        },
    ),
    Case(
        "The profile says how many may",
        account(a_meter(METERS), profile=Profile(max_metering_principals=0)),
        {CROWD: fails(LOW, "1 users"), "meter": passes()},
    ),
    Case(
        "A policy that was not read may hold anything",
        account(a_role("meter", inline={"p": METERS, "q": a_malformed_policy()})),
        {**FEW, "meter": not_assessed(AUTHORIZATION_DETAILS, "policy q")},
    ),
    Case(
        "What was read proves the worst",
        account(a_role("meter", inline={"p": allow("aws-marketplace:*"), "q": GAP})),
        {**FEW, "meter": high("and buy")},
    ),
    Case(
        "What was read does not prove the least",
        account(a_role("meter", inline={"p": allow(BATCH, METER), "q": GAP})),
        {**FEW, "meter": not_assessed(AUTHORIZATION_DETAILS)},
    ),
    Case(
        "Somebody of whom nothing was read may be one too many",
        account(a_meter(METERS), a_role("dark", inline={"q": GAP})),
        {CROWD: not_assessed(GAP.action), "meter": passes(), "dark": not_assessed(GAP.action)},
    ),
    Case(
        "Roles that were cut may hide some",
        a_snapshot(roles=Partial((a_meter(METERS),), (GAP,)), products=ONE_SAAS),
        {
            CROWD: not_assessed(GAP.action),
            "meter": passes(),
            f"Account {OWN}": not_assessed(GAP.action),
        },
    ),
    Case(
        "A user's groups count, and its row tells whether it is a person",
        account(
            users=(a_user("bot", groups=["robots"]), a_user("eve", groups=["robots"])),
            groups=(a_group("robots", inline={"p": allow("aws-marketplace:*")}),),
            report=a_report(a_row("bot", keys=(a_key(),)), a_row("eve", password=True)),
        ),
        {
            **FEW,
            "bot": high("User bot has metering rights", shows="of group robots"),
            "eve": high("User eve has"),
        },
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_metering_stands_alone(case: Case) -> None:
    case.holds_for(CONTROL)


def script_of(snapshot: Snapshot, name: str = "meter") -> str:
    return fill(CONTROL.remedy, judged(CONTROL, snapshot)[name].values).cli


def document_of(snapshot: Snapshot, name: str = "meter") -> list[Any]:
    statements: list[Any] = json.loads(judged(CONTROL, snapshot)[name].values["document"])[
        "Statement"
    ]
    return statements


@pytest.mark.parametrize(
    "statements",
    [
        [METERS, allow("aws-marketplace:StartChangeSet", "s3:GetObject")],
        [allow("aws-marketplace:*")],
        [allow("aws-marketplace:*"), METERS, allow("iam:*")],
        [allow("aws-marketplace:*Meter*", "dynamodb:*")],
        [
            allow("aws-marketplace:*", when={"Bool": {"aws:SecureTransport": "true"}}),
            deny(REGISTER),
        ],
        [allow_all_but("iam:*", "tax:*")],
        [allow(BATCH, METER, REGISTER)],
        [allow(BATCH), allow("aws-marketplace:Reg*")],
        [allow("aws-marketplace:Reg*")],
    ],
)
def test_the_document_of_the_remedy_passes(statements: list[Document]) -> None:
    before = account(a_meter(*statements))
    assert "put-role-policy --role-name meter --policy-name" in script_of(before) or (
        "delete-role-policy --role-name meter --policy-name p" in script_of(before)
    )
    values = judged(CONTROL, before)["meter"].values
    inline: Inline = {"p": a_policy(*statements)}
    if values["document"]:
        written = a_policy(*json.loads(values["document"])["Statement"])
        inline = {**inline, values["policy_name"]: written}
    else:
        inline = {}
    after = judged(CONTROL, account(a_role("meter", trusted=LAMBDA, inline=inline)))
    assert "meter" not in after or after["meter"].status is Status.PASS, after["meter"].reason


def test_a_wildcard_becomes_the_names_of_what_is_sold_on_the_same_conditions() -> None:
    when = {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}}
    statements = document_of(account(a_meter(allow("aws-marketplace:Batch*Usage", when=when))))
    assert statements == [
        {"Effect": "Allow", "Action": [BATCH], "Resource": "*", "Condition": when}
    ]


def test_people_and_those_who_meter_by_chance_lose_metering_instead() -> None:
    wide = [allow("aws-marketplace:*")]
    for trusted in (SAML, trust(OWN)):
        (statement,) = document_of(account(a_meter(*wide, trusted=trusted)))
        after = account(a_meter(statement, trusted=trusted), products=())
        assert judged(CONTROL, after)[f"Account {OWN}"].status is Status.NOT_APPLICABLE
        assert "aws-marketplace:StartChangeSet" in str(statement) or "Start*" in str(statement)


def test_what_others_share_is_left_to_them() -> None:
    shared = a_managed_policy("Team", allow("aws-marketplace:*"), attachments=2)
    snapshot = account(a_role("meter", trusted=LAMBDA, managed=[shared]), policies=(shared,))
    script = script_of(snapshot)
    assert "put-role-policy --role-name meter --policy-name Team-narrowed" in script
    assert f"detach-role-policy --role-name meter --policy-arn {shared.arn}" in script
    assert "create-policy-version" not in script


def test_its_own_managed_policy_gets_a_new_version() -> None:
    own = a_managed_policy("Meter", allow("aws-marketplace:*"))
    snapshot = account(a_role("meter", trusted=LAMBDA, managed=[own]), policies=(own,))
    assert f"create-policy-version --policy-arn {own.arn}" in script_of(snapshot)


def test_a_workload_leaves_the_group_that_brings_a_wildcard() -> None:
    snapshot = account(
        users=(a_user("bot", groups=["robots"]),),
        groups=(a_group("robots", inline={"p": allow("aws-marketplace:*")}),),
        report=a_report(a_row("bot", keys=(a_key(),))),
    )
    script = script_of(snapshot, "bot")
    assert "put-user-policy --user-name bot --policy-name p-narrowed" in script
    assert "remove-user-from-group --user-name bot --group-name robots" in script


def test_what_another_policy_brings_is_refused() -> None:
    wild = a_role(
        "meter", trusted=LAMBDA, inline={"p": allow("aws-marketplace:*Meter*")}, managed=[POWER]
    )
    snapshot = account(wild, policies=(POWER,))
    assert "Deny" in [one["Effect"] for one in document_of(snapshot)]
    filled = fill(CONTROL.remedy, judged(CONTROL, snapshot)["meter"].values)
    assert "Then do the same with Policy PowerUserAccess" in "\n".join(filled.console)


def test_one_policy_of_nothing_else_is_detached() -> None:
    publishes = a_managed_policy("Publishes", allow("aws-marketplace:StartChangeSet"))
    role = a_role("meter", trusted=LAMBDA, inline={"p": METERS}, managed=[publishes])
    assert script_of(account(role, policies=(publishes,))).strip() == (
        f"aws iam detach-role-policy --role-name meter --policy-arn {publishes.arn}"
    )


def test_several_policies_are_overruled_by_one() -> None:
    role = a_role(
        "meter", trusted=LAMBDA, inline={"p": METERS, "q": allow("iam:*")}, managed=[PUBLISHES]
    )
    script = script_of(account(role, policies=(PUBLISHES,)))
    assert "put-role-policy --role-name meter --policy-name metering-and-nothing-else" in script
    assert '"Effect": "Deny"' in script
