"""What is too open in a recommended rule, and how it reads once it is tight."""

from __future__ import annotations

import pytest

from scanner.facts.catalog import RecommendedRule
from scanner.scope.listings import openings, tightened, told
from tests.builders_resources import a_recommended_rule

EVERYTHING = RecommendedRule("-1", None, None, ("0.0.0.0/0",))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (a_recommended_rule(), "tcp 443 from 0.0.0.0/0"),
        (
            a_recommended_rule(8000, "10.0.0.0/8", "::/0", to=8010),
            "tcp 8000-8010 from 10.0.0.0/8, ::/0",
        ),
        (EVERYTHING, "every protocol from 0.0.0.0/0"),
        (RecommendedRule("udp", None, None, ()), "udp 0-65535 from nowhere"),
    ],
)
def test_rules_are_told_in_words(rule: RecommendedRule, text: str) -> None:
    assert told(rule) == text


def test_one_rule_may_be_too_open_in_two_ways() -> None:
    assert list(openings(a_recommended_rule(0, to=5000), ())) == [
        "It opens port 22 (SSH), 3389 (RDP) to 0.0.0.0/0.",
        "It opens 5001 ports to 0.0.0.0/0.",
    ]


def test_a_scanning_port_that_is_known_anyway_keeps_its_name() -> None:
    assert list(openings(a_recommended_rule(22), (22, 2222))) == [
        "It opens port 22 (SSH) to 0.0.0.0/0."
    ]


@pytest.mark.parametrize(
    "rules",
    [
        (a_recommended_rule(22),),
        (a_recommended_rule(0, to=65535), EVERYTHING),
        (a_recommended_rule(2222), a_recommended_rule(3389, "::/0")),
    ],
)
def test_what_is_tightened_is_tight(rules: tuple[RecommendedRule, ...]) -> None:
    for written in tightened(rules, (2222,)):
        sources = written["IpRanges"]
        first, last = written["FromPort"], written["ToPort"]
        assert isinstance(sources, list)
        assert isinstance(first, int)
        assert isinstance(last, int)
        rule = RecommendedRule(str(written["IpProtocol"]), first, last, tuple(sources))
        assert list(openings(rule, (2222,))) == []


def test_a_thousand_ports_go_private_and_one_more_is_too_many() -> None:
    thousand, more = (a_recommended_rule(22, to=21 + number) for number in (1_000, 1_001))
    (kept,), (cut,) = tightened((thousand,), ()), tightened((more,), ())
    assert (kept["FromPort"], kept["ToPort"], kept["IpRanges"]) == (22, 1_021, ["10.0.0.0/8"])
    assert (cut["FromPort"], cut["ToPort"], cut["IpRanges"]) == (443, 443, ["0.0.0.0/0"])


def test_tight_rules_stay_and_equal_ones_are_written_once() -> None:
    rules = (a_recommended_rule(8443, "10.0.0.0/8"), a_recommended_rule(), EVERYTHING)
    assert [(one["FromPort"], one["IpRanges"]) for one in tightened(rules, ())] == [
        (8443, ["10.0.0.0/8"]),
        (443, ["0.0.0.0/0"]),
    ]
