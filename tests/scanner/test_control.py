"""The runner owns "not applicable" and "not assessed"; authors of controls only judge."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from scanner.control import (
    Control,
    Verdict,
    all_faults,
    failed,
    judge,
    manual,
    not_applicable,
    not_assessed,
    outcomes_of,
    passed,
    the_account,
)
from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.vocabulary import (
    Listed,
    Partial,
    Severity,
    Status,
    Topic,
    complete,
    known,
)
from tests.builders import OWN, a_snapshot, a_user, denied

ACCOUNT = f"arn:aws:iam::{OWN}:root"
GAP = denied("iam:GetAccountAuthorizationDetails")


@dataclass(frozen=True)
class Thing:
    name: str
    region: str = ""

    @property
    def key(self) -> str:
        return f"arn:thing:{self.name}"


def a_control(
    check: Callable[[Thing, Snapshot], Verdict] = lambda thing, snapshot: passed("Fine."),
    resources: Callable[[Snapshot], Listed[Any]] = lambda snapshot: (Thing("a"),),
    *,
    module: str = "scanner.controls.sqs.sqs_03_closed_to_strangers",
    severity: Severity = Severity.HIGH,
    reads: tuple[str, ...] = (),
    needs: tuple[str, ...] = (),
) -> Control[Any]:
    return Control(
        module=module,
        title="Things are fine",
        severity=severity,
        risk="They break.",
        remedy=Remedy("Mend them.", 5, ("Open the console.",)),
        references=(),
        reads=reads,
        needs=needs,
        not_applicable_because="There are no things.",
        resources=resources,
        check=check,
    )


def says(verdict: Verdict) -> Callable[[Thing, Snapshot], Verdict]:
    return lambda thing, snapshot: verdict


def listing(listed: Listed[Thing]) -> Callable[[Snapshot], Listed[Thing]]:
    return lambda snapshot: listed


def statuses(control: Control[Any], snapshot: Snapshot | None = None) -> dict[str, Status]:
    return {one.resource: one.status for one in outcomes_of(control, snapshot or a_snapshot())}


@pytest.mark.parametrize(
    ("module", "identity", "topic"),
    [
        ("scanner.controls.sqs.sqs_03_closed_to_strangers", "SQS-03", Topic.SQS),
        ("scanner.controls.ammp.ammp_11_one_identity_per_person", "AMMP-11", Topic.AMMP),
        ("scanner.controls.ammp.m_ammp_1_federated_mfa", "M-AMMP-1", Topic.AMMP),
        ("scanner.controls.ami.ctr_01_images_run_unprivileged", "CTR-01", Topic.AMI),
    ],
)
def test_the_file_is_the_identity(module: str, identity: str, topic: Topic) -> None:
    control = a_control(module=module)
    assert (control.id, control.topic) == (identity, topic)


@pytest.mark.parametrize("module", ["scanner.controls.sqs.queues", "scanner.controls.sqs.sqs_03"])
def test_a_file_without_identity_is_refused(module: str) -> None:
    with pytest.raises(ValueError, match="not named like a control file"):
        _ = a_control(module=module).id


def test_the_facts_of_a_control_name_its_services() -> None:
    control = a_control(reads=("iam.users", "sqs.queues"), needs=("iam.users", "sns.subscriptions"))
    assert control.services == {"iam", "sqs", "sns"}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (passed("Fine."), Status.PASS),
        (failed("Broken."), Status.FAIL),
        (manual("Ask."), Status.MANUAL),
        (not_applicable("No such thing."), Status.NOT_APPLICABLE),
        (not_assessed("Too dark.", GAP), Status.NOT_ASSESSED),
    ],
)
def test_an_outcome_says_what_the_control_said(verdict: Verdict, status: Status) -> None:
    (outcome,) = outcomes_of(a_control(says(verdict)), a_snapshot())
    assert outcome.status is status
    assert outcome.reasons == verdict.reasons
    assert (outcome.control, outcome.resource, outcome.name) == ("SQS-03", "arn:thing:a", "a")


def test_a_list_that_was_read_and_is_empty_is_not_applicable() -> None:
    (outcome,) = outcomes_of(a_control(resources=listing(())), a_snapshot())
    assert (outcome.status, outcome.resource) == (Status.NOT_APPLICABLE, ACCOUNT)
    assert outcome.reason == "There are no things."


def test_a_list_that_was_refused_is_not_assessed_and_names_the_action() -> None:
    (outcome,) = outcomes_of(a_control(resources=listing(GAP)), a_snapshot())
    assert (outcome.status, outcome.resource) == (Status.NOT_ASSESSED, ACCOUNT)
    assert outcome.missing_action == "iam:GetAccountAuthorizationDetails"
    assert "AccessDenied" in outcome.reason


def test_a_cut_list_judges_what_was_read_and_says_where_the_rest_is_missing() -> None:
    cut = Partial(
        (Thing("a"),),
        (denied("sqs:ListQueues", "eu-west-1"), denied("sqs:ListQueues", "us-west-2")),
    )
    assert statuses(a_control(resources=listing(cut))) == {
        "arn:thing:a": Status.PASS,
        f"{ACCOUNT}@eu-west-1": Status.NOT_ASSESSED,
        f"{ACCOUNT}@us-west-2": Status.NOT_ASSESSED,
    }


def test_a_cut_list_that_is_empty_is_never_not_applicable() -> None:
    cut: Partial[Thing] = Partial((), (GAP,))
    assert statuses(a_control(resources=listing(cut))) == {ACCOUNT: Status.NOT_ASSESSED}


def test_a_list_that_cannot_be_made_without_an_unseen_fact_is_not_assessed() -> None:
    control = a_control(resources=lambda snapshot: complete(snapshot.iam.users))
    assert statuses(control, a_snapshot(users=GAP)) == {ACCOUNT: Status.NOT_ASSESSED}


def test_an_unseen_fact_is_not_assessed_for_that_resource_alone() -> None:
    def check(thing: Thing, snapshot: Snapshot) -> Verdict:
        return passed(known("Seen." if thing.name == "a" else GAP))

    control = a_control(check, listing((Thing("a"), Thing("b"))))
    assert statuses(control) == {"arn:thing:a": Status.PASS, "arn:thing:b": Status.NOT_ASSESSED}


def test_every_missing_action_is_named_once() -> None:
    both = (GAP, denied("iam:GetPolicy"), GAP)
    (outcome,) = outcomes_of(a_control(says(not_assessed("Too dark.", *both))), a_snapshot())
    assert outcome.missing_action == "iam:GetAccountAuthorizationDetails, iam:GetPolicy"


def crash(thing: Thing, snapshot: Snapshot) -> Verdict:
    raise ZeroDivisionError


def crash_listing(snapshot: Snapshot) -> Listed[Thing]:
    raise ZeroDivisionError


def test_a_crash_is_not_assessed_logged_and_takes_nobody_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    healthy = a_control(module="scanner.controls.sqs.sqs_01_healthy")
    with caplog.at_level(logging.ERROR):
        outcomes = judge([a_control(crash), healthy], a_snapshot())
    assert {one.control: one.status for one in outcomes} == {
        "SQS-01": Status.PASS,
        "SQS-03": Status.NOT_ASSESSED,
    }
    assert "fault of ours" in outcomes[1].reason
    assert "ZeroDivisionError" in caplog.text


def test_a_crash_while_listing_is_not_assessed_too() -> None:
    control = a_control(resources=crash_listing)
    assert statuses(control) == {ACCOUNT: Status.NOT_ASSESSED}


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        (passed("Fine."), Status.NOT_ASSESSED),
        (not_applicable("No such thing."), Status.NOT_ASSESSED),
        (manual("Ask."), Status.NOT_ASSESSED),
        (failed("Broken."), Status.FAIL),
    ],
)
@pytest.mark.parametrize("users", [GAP, Partial((a_user(),), (GAP,))])
def test_only_a_fail_can_be_said_while_a_need_is_unseen(
    verdict: Verdict, status: Status, users: Listed[Any]
) -> None:
    control = a_control(says(verdict), needs=("iam.users",))
    (outcome,) = outcomes_of(control, a_snapshot(users=users))
    assert outcome.status is status


def test_an_empty_list_is_not_applicable_only_when_all_needs_were_seen() -> None:
    control = a_control(resources=listing(()), needs=("iam.users",))
    assert statuses(control, a_snapshot(users=GAP)) == {ACCOUNT: Status.NOT_ASSESSED}
    assert statuses(control, a_snapshot()) == {ACCOUNT: Status.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("said", "severity"),
    [(None, Severity.HIGH), (Severity.HIGH, Severity.HIGH), (Severity.LOW, Severity.LOW)],
)
def test_a_fail_has_the_ceiling_unless_it_says_less(
    said: Severity | None, severity: Severity
) -> None:
    (outcome,) = outcomes_of(a_control(says(failed("Broken.", severity=said))), a_snapshot())
    assert (outcome.severity, outcome.ceiling) == (severity, Severity.HIGH)


def test_a_severity_above_the_ceiling_is_a_fault_of_ours() -> None:
    control = a_control(says(failed("Broken.", severity=Severity.CRITICAL)))
    (outcome,) = outcomes_of(control, a_snapshot())
    assert outcome.status is Status.NOT_ASSESSED
    assert "fault of ours" in outcome.reason


@pytest.mark.parametrize(
    ("severities", "worst"),
    [
        ([Severity.LOW, Severity.MEDIUM], Severity.MEDIUM),
        ([Severity.LOW, None], None),
        ([Severity.LOW], Severity.LOW),
    ],
)
def test_several_faults_are_one_verdict_of_the_worst_severity(
    severities: Sequence[Severity | None], worst: Severity | None
) -> None:
    faults = [failed(f"Fault {i}.", severity=one) for i, one in enumerate(severities)]
    verdict = all_faults(faults, passed("Fine."))
    assert verdict.severity is worst
    assert verdict.reasons == tuple(f"Fault {i}." for i in range(len(severities)))


def test_several_faults_keep_every_reason_and_piece_once_and_the_first_values() -> None:
    fact = Fact("Users", "2")
    verdict = all_faults(
        [
            failed("Broken.", fact, values={"user": "first"}),
            failed("Broken.", fact, values={"user": "second", "key": "k"}),
        ],
        passed("Fine."),
    )
    assert verdict.reasons == ("Broken.",)
    assert verdict.evidence == (fact,)
    assert verdict.values == {"user": "first", "key": "k"}


def test_without_faults_the_other_verdict_stands() -> None:
    assert all_faults([], passed("Fine.")) == passed("Fine.")


def test_outcomes_come_sorted_by_control_and_resource() -> None:
    things = listing((Thing("b"), Thing("a")))
    second = a_control(resources=things, module="scanner.controls.sqs.sqs_04_second")
    first = a_control(resources=things)
    outcomes = judge([second, first], a_snapshot())
    assert [(one.control, one.name) for one in outcomes] == [
        ("SQS-03", "a"),
        ("SQS-03", "b"),
        ("SQS-04", "a"),
        ("SQS-04", "b"),
    ]


def test_an_account_wide_control_has_the_account_as_its_resource() -> None:
    (outcome,) = outcomes_of(a_control(resources=the_account), a_snapshot())
    assert (outcome.resource, outcome.name) == (ACCOUNT, f"Account {OWN}")
