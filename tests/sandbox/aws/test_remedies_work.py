"""Each remedy's commands, run as they are shown, end the fault and spoil nothing else.

The faults are in the modules `remedies_*` beside this one, by the id of the control that finds them
and, where a remedy has several ways, what is the matter.
"""

from __future__ import annotations

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
from tests.sandbox.aws.remedies_account import ACCOUNT, Account
from tests.sandbox.aws.remedies_running import run, worse

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.aws.client import FakeAws

FAULTS = (
    remedies_people.FAULTS
    | remedies_workloads.FAULTS
    | remedies_things.FAULTS
    | remedies_otherwise.FAULTS
)
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


@pytest.mark.parametrize("scenario", FAULTS)
def test_the_commands_end_the_fault_and_spoil_nothing(
    account: Account, scenario: str, tmp_path: Path
) -> None:
    control = scenario.split(maxsplit=1)[0]
    key = (control, FAULTS[scenario](account))
    before = account.scan()
    assert before[key].status is Status.FAIL, before[key].reason
    script = fill(CONTROLS[control].remedy, before[key].values).cli
    keys = account.fake.admin_environment(ACCOUNT)
    ran = run(script, tmp_path, keys, TYPED.get(scenario, ""))
    assert ran.returncode == 0, f"{script}\n{ran.stdout}\n{ran.stderr}"
    after = account.scan()
    if key in after:  # what the remedy removed is not judged any more
        assert after[key].status in FIXED, f"{script}\n{ran.stdout}\n{after[key].reason}"
    assert worse(before, after) == []
