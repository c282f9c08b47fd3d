"""AMI-12: a public delivery option recommends few ports, administration from few, and HTTPS."""

from __future__ import annotations

import json

import pytest

from scanner.control import outcomes_of
from scanner.controls.ami.ami_12_listing_opens_little import CONTROL
from scanner.facts.catalog import DeliveryOption, Product, RecommendedRule, Version, VersionImage
from scanner.facts.snapshot import Snapshot
from scanner.vocabulary import Listed, Partial, Severity
from tests.builders import a_snapshot, denied
from tests.builders_resources import a_product, a_recommended_rule, an_option
from tests.cases import Case, Expected, fails, not_applicable, not_assessed, passes

LIST = "aws-marketplace:ListEntities"
ENTITY = "aws-marketplace:DescribeEntity"
NAME = "Larkfield 2.1, 64-bit"
PRIVATE = "10.0.0.0/8"


def account(
    *options: DeliveryOption,
    listed: Listed[DeliveryOption] | None = None,
    scanning: int | None = None,
    visibility: str = "Public",
    products: Listed[Product] | None = None,
) -> Snapshot:
    images = (VersionImage("ami-0product", scanning_port=scanning),)
    version = Version("version-1", "2.1", "", images, options if listed is None else listed)
    one = a_product(versions=(version,), visibility=visibility)
    return a_snapshot(products=(one,) if products is None else products)


def of(sentence: str, expected: Expected, *rules: RecommendedRule, scanning: int = 22) -> Case:
    return Case(sentence, account(an_option(*rules), scanning=scanning), expected)


def medium(says: str) -> Expected:
    return fails(Severity.MEDIUM, says)


CASES = (
    of(
        "the product's own HTTPS port may be open to everyone",
        passes("no more than the product's own ports", shows="rules: tcp 443 from 0.0.0.0/0"),
        a_recommended_rule(),
    ),
    of("no rules at all are fine", passes(shows="Recommended rules: none")),
    of(
        "SSH from everywhere fails",
        medium("Rule 1 (tcp 22 from 0.0.0.0/0) is too open. It opens port 22 (SSH) to 0.0.0.0/0."),
        a_recommended_rule(22),
    ),
    of("SSH from a private network passes", passes(), a_recommended_rule(22, PRIVATE)),
    of("RDP fails", medium("port 3389 (RDP)"), a_recommended_rule(3389)),
    of("WinRM fails", medium("port 5985 (WinRM), 5986 (WinRM)"), a_recommended_rule(5985, to=5986)),
    of("every address of IPv6 counts", medium("to ::/0."), a_recommended_rule(22, PRIVATE, "::/0")),
    of("half of all addresses is not everywhere", passes(), a_recommended_rule(22, "0.0.0.0/1")),
    of(
        "the port on which AWS scans is one of administration",
        medium("port 2222 (administration)"),
        a_recommended_rule(2222),
        scanning=2222,
    ),
    of("another port is the product's own", passes(), a_recommended_rule(2222)),
    of("a range that covers SSH fails", medium("port 22 (SSH)"), a_recommended_rule(20, to=25)),
    of("a thousand ports are allowed", passes(), a_recommended_rule(8000, to=8999)),
    of("more are not", medium("It opens 1001 ports"), a_recommended_rule(8000, to=9000)),
    of("from a private network they are", passes(), a_recommended_rule(8000, PRIVATE, to=9999)),
    of(
        "left out ports are every port",
        medium("port 22 (SSH), 3389 (RDP), 5985 (WinRM), 5986 (WinRM) to 0.0.0.0/0."),
        RecommendedRule("tcp", None, None, ("0.0.0.0/0",)),
    ),
    of(
        "every protocol is too much for anybody",
        medium("Rule 1 (every protocol from 10.0.0.0/8) is too open. It opens every protocol"),
        RecommendedRule("-1", None, None, (PRIVATE,)),
    ),
    of("ICMP has no ports", passes(), a_recommended_rule(-1, protocol="icmp", to=-1)),
    of("UDP ports count", medium("port 3389"), a_recommended_rule(3389, protocol="udp")),
    of(
        "each rule has its reason",
        medium("Rule 3 (tcp 3389"),
        a_recommended_rule(22),
        a_recommended_rule(),
        a_recommended_rule(3389),
    ),
    Case(
        "HTTP is low",
        account(an_option(access_protocol="http")),
        fails(Severity.LOW, "use the product by HTTP", shows="Access protocol: http"),
    ),
    Case(
        "HTTP beside an open port is as bad as the port",
        account(an_option(a_recommended_rule(22), access_protocol="HTTP")),
        medium("Buyers are told"),
    ),
    Case("no protocol passes", account(an_option(access_protocol="")), passes(shows="not said")),
    Case(
        "a restricted option is not asked about",
        account(an_option(a_recommended_rule(22), visibility="Restricted")),
        not_applicable(f"{NAME} is Restricted, not public."),
    ),
    Case(
        "nor is one of a product that not everybody can buy",
        account(an_option(a_recommended_rule(22)), visibility="Limited"),
        not_applicable("is Limited"),
    ),
    Case(
        "one that does not say counts",
        account(an_option(a_recommended_rule(22), visibility="")),
        medium("port 22"),
    ),
    Case("a version without options has nothing to judge", account(), not_applicable("No version")),
    Case("unread options are not assessed", account(listed=denied(ENTITY)), not_assessed(ENTITY)),
    Case(
        "cut options show what was read and name the rest",
        account(listed=Partial((an_option(a_recommended_rule(22)),), (denied(ENTITY),))),
        {NAME: medium("port 22"), "Account 111122223333": not_assessed(ENTITY)},
    ),
    Case(
        "an unread catalog is not assessed",
        account(products=denied(LIST)),
        not_assessed(LIST),
    ),
    of(
        "a hostile source stays text",
        medium("to $(reboot)/0."),
        a_recommended_rule(22, "$(reboot)/0"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_listings_open_little(case: Case) -> None:
    case.holds_for(CONTROL)


def test_the_remedy_tightens_what_is_open_and_keeps_the_rest() -> None:
    option = an_option(
        a_recommended_rule(),
        a_recommended_rule(22),
        a_recommended_rule(0, to=65535),
        RecommendedRule("-1", None, None, ("0.0.0.0/0",)),
        access_protocol="http",
    )
    (outcome,) = outcomes_of(CONTROL, account(option))
    (change,) = json.loads(outcome.values["change_set"])
    assert change["ChangeType"] == "UpdateDeliveryOptions"
    (changed,) = change["DetailsDocument"]["DeliveryOptions"]
    assert changed["Id"] == "do-1"
    assert changed["Details"]["AmiDeliveryOptionDetails"] == {
        "SecurityGroups": [
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ["0.0.0.0/0"]},
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": ["10.0.0.0/8"]},
        ],
        "AccessEndpointUrl": {"Protocol": "https", "Port": 443, "Path": "/"},
    }
