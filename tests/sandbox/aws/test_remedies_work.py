"""Each remedy's commands, run as they are shown, end the fault and spoil nothing else.

The faults are in the modules `remedies_*` beside this one, by the id of the control that finds them
and, where a remedy has several ways, what is the matter.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from scanner.controls import every_control
from scanner.remedy import fill
from scanner.vocabulary import Status
from tests.sandbox.aws import (
    remedies_otherwise,
    remedies_people,
    remedies_things,
    remedies_workloads,
)
from tests.sandbox.aws.awscli_server import awscli_server
from tests.sandbox.aws.remedies_account import ACCOUNT, Account
from tests.sandbox.aws.remedies_running import run, worse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from sandbox.aws.client import FakeAws
    from scanner.control import Outcome


def dealt(scenarios: Collection[str]) -> list[list[str]]:
    """Deal them to groups with at most one of each topic: what differs so much can be tried at once."""
    by_topic: dict[str, list[str]] = defaultdict(list)
    for scenario in scenarios:
        topic = scenario.partition("-")[0]
        by_topic[KIN.get(topic, topic)].append(scenario)
    groups: list[list[str]] = [[] for _ in range(max(map(len, by_topic.values())))]
    for alike in by_topic.values():
        for group, scenario in zip(sorted(groups, key=len), alike, strict=False):
            group.append(scenario)
    return groups


FAULTS = (
    remedies_people.FAULTS
    | remedies_workloads.FAULTS
    | remedies_things.FAULTS
    | remedies_otherwise.FAULTS
)
KIN = {"PSC": "CAS"}
"""Topics whose faults are in the same bucket."""
ALONE = {
    "CT-01 no trail": "The bucket of a trail is judged in other topics, too.",
    "CT-04 bucket gone": "The same.",
    "SELL-09 administrator": "Others need the role to be less than an administrator.",
}
EACH_ALONE = "REMEDIES_ALONE" in os.environ  # bin/long
GROUPS = [
    *([] if EACH_ALONE else dealt(sorted(FAULTS.keys() - ALONE.keys()))),
    *([one] for one in FAULTS if EACH_ALONE or one in ALONE),
]
TYPED = {"AMMP-05": "123456\n654321\n"}
"""What a person types where a remedy asks: the codes of an authenticator app."""

ROOT_SIGNS_IN = "The root user has to sign in to the console."
SELLER_BUILDS = "The seller has to build a new image between the commands."
NOT_EXECUTED = {
    "AMMP-01": "Only the management account of an organisation may assume its members' root users.",
    "AMMP-02": ROOT_SIGNS_IN,
    "AMMP-03": ROOT_SIGNS_IN,
    "AMMP-04": "It is a habit of people.",
    "CAS-02": "Only AWS knows the external id.",
    "SQS-07": "The service that polls has to be repaired; the commands set an alarm.",
    "MTR-07": "Calls that were made stay in the event history for 90 days.",
    "AMI-02": SELLER_BUILDS,
    "AMI-03": SELLER_BUILDS,
    "AMI-04": SELLER_BUILDS,
    "AMI-21": SELLER_BUILDS,
    "CTR-01": SELLER_BUILDS,
}
FIXED = {Status.PASS, Status.NOT_APPLICABLE}
CONTROLS = {one.id: one for one in every_control() if not one.id.startswith("M-")}


@pytest.fixture
def account(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    for name, value in fake_aws.environment().items():
        monkeypatch.setenv(name, value)
    return Account(fake_aws)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with awscli_server(tmp_path_factory.mktemp("awscli")) as program:
        yield program


def test_every_control_has_a_fault_here_or_a_reason_why_not() -> None:
    proven = {scenario.split()[0] for scenario in FAULTS}
    assert proven.isdisjoint(NOT_EXECUTED)
    assert proven | set(NOT_EXECUTED) == set(CONTROLS)
    assert len(proven) >= 60


def test_nothing_is_wrong_before_a_fault_is_made(account: Account) -> None:
    wrong = {Status.FAIL, Status.NOT_ASSESSED}
    assert {key: one.reason for key, one in account.scan().items() if one.status in wrong} == {}


def test_a_fault_made_between_two_scans_counts_as_spoilt(account: Account) -> None:
    before = account.scan()
    fault = FAULTS["AMMP-07"](account)
    after = account.scan()
    (spoilt,) = worse(before, after)
    assert spoilt.startswith(f"AMMP-07 {fault}: fail")
    assert worse(after, before) == []


@pytest.mark.parametrize("scenarios", GROUPS, ids=lambda group: group[0])
def test_the_commands_end_the_faults_and_spoil_nothing(
    account: Account, aws: Path, scenarios: list[str], tmp_path: Path
) -> None:
    keys = {one: (one.split()[0], FAULTS[one](account)) for one in scenarios}
    before = account.scan()
    scripts = {one: script_for(before[keys[one]]) for one in scenarios}
    for number, (scenario, script) in enumerate(scripts.items()):
        admin = account.fake.admin_environment(ACCOUNT)
        ran = run(script, tmp_path / str(number), aws, admin, TYPED.get(scenario, ""))
        assert ran.returncode == 0, f"{scenario}\n{script}\n{ran.stdout}\n{ran.stderr}"
    after = account.scan()
    left = {one: after[keys[one]] for one in scenarios if keys[one] in after}  # or it was removed
    assert {one: how.reason for one, how in left.items() if how.status not in FIXED} == {}
    assert worse(before, after) == []


def script_for(outcome: Outcome) -> str:
    assert outcome.status is Status.FAIL, f"{outcome.control}: {outcome.reason}"
    return fill(CONTROLS[outcome.control].remedy, outcome.values).cli
