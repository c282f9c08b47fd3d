"""CAS-04: GenerateDataSet hands out all subscriber and billing data in one call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from scanner.control import Control, Reference, Verdict, all_faults, failed, passed
from scanner.evidence import Fact, some_of
from scanner.facts.snapshot import Snapshot
from scanner.policy import CAS_CALL, Grant
from scanner.remedy import Remedy
from scanner.scope import placement
from scanner.scope.callers import (
    CALL,
    SERVICE,
    call_by_name,
    callers,
    credentials_of,
    place_of_held,
    possible_callers,
)
from scanner.scope.credentials import READ_BY, Credentials
from scanner.scope.holder import Holder
from scanner.scope.memory import once_per_snapshot
from scanner.scope.staleness import key_age, key_fact
from scanner.vocabulary import NotSeen, Severity, complete, seen

MOST_CALLERS = 3
JOB_ROLE = "commerce-analytics-reports"
DENY_POLICY = "deny-commerce-analytics"


def check(holder: Holder, snapshot: Snapshot) -> Verdict:
    """Old keys are high; a wildcard, a password or a crowd medium; fresh keys low."""
    grants = holder.grants_or_raises(CAS_CALL).of(CAS_CALL)
    by_wildcard = [one for one in grants if one.by_wildcard]
    who = f"{holder.kind.capitalize()} {holder.name}"
    signing_in: list[Verdict] = []
    if holder.kind == "user":
        user = credentials_of(holder, snapshot)
        signing_in = [*_password(user), *_keys(user, snapshot)]
        unsure = (*user.hidden_keys(), *user.unconfirmed)
        if unsure and not any(one.severity is Severity.HIGH for one in signing_in):
            raise NotSeen(*unsure)
    faults = list(signing_in)
    if by_wildcard:
        reason = f"{who} may call GenerateDataSet by a wildcard, not by its name."
        faults.append(failed(reason, severity=Severity.MEDIUM))
    faults += _crowd(faults, snapshot)
    note = "The marked statements allow GenerateDataSet."
    pieces = holder.excerpts(by_wildcard or grants, note=note)
    if not faults:
        return passed(f"{who} may call GenerateDataSet by its name.", *pieces)
    verdict = all_faults(faults, faults[0])
    values = _values(holder, by_wildcard, has_to_move=bool(signing_in))
    return replace(verdict, evidence=(*verdict.evidence, *pieces), values=values)


def _password(user: Credentials) -> Iterator[Verdict]:
    if user.password is True:
        fact = Fact("Password", "enabled", READ_BY)
        reason = f"User {user.name} signs in with a password and may call GenerateDataSet."
        yield failed(reason, fact, severity=Severity.MEDIUM)
    elif user.password is not False:
        raise NotSeen(user.password)


def _keys(user: Credentials, snapshot: Snapshot) -> Iterator[Verdict]:
    limit = timedelta(days=snapshot.profile.key_max_age_days)
    for number, key in user.active_keys():
        age = key_age(key, snapshot.now)
        old = age is None or age > limit
        made = "made at an unknown date" if age is None else f"{age.days} days old"
        yield failed(
            f"User {user.name} may call GenerateDataSet with access key {number}, {made}.",
            key_fact(number, key),
            severity=Severity.HIGH if old else Severity.LOW,
        )


def _crowd(faults: Sequence[Verdict], snapshot: Snapshot) -> Iterator[Verdict]:
    """Counting takes all of them, unless what was found is as bad already."""
    listed = callers(snapshot)
    bad = any(one.severity is not Severity.LOW for one in faults)
    everyone = seen(listed)
    if not bad and len(everyone) <= MOST_CALLERS:
        complete(listed)
    if len(everyone) > MOST_CALLERS:
        reason = f"{len(everyone)} principals beside administrators may call GenerateDataSet."
        yield failed(reason, _names_of_callers(snapshot), severity=Severity.MEDIUM)


@once_per_snapshot
def _names_of_callers(snapshot: Snapshot) -> Fact:
    """Some of them, as each has a finding of its own; looked up once for all of these."""
    names = sorted(one.name for one in seen(callers(snapshot)))
    return Fact("May call it", some_of(names))


def _values(
    holder: Holder, by_wildcard: Sequence[Grant], *, has_to_move: bool
) -> Mapping[str, str]:
    """The call by its name where that is all; else the right is refused, and a role has it."""
    named = {} if has_to_move else _named(holder, by_wildcard)
    if named:
        more = {"job_role": "", "job_document": ""}
        return {**named, **more, "subject": holder.name, "stack": holder.name}
    moves = has_to_move or bool(by_wildcard)
    refusal = {"Effect": "Deny", "Action": f"{SERVICE}:*", "Resource": "*"}
    call = {"Effect": "Allow", "Action": CALL, "Resource": "*"}
    place = placement.inline_of(holder, DENY_POLICY)
    return {
        **place,
        "document": _document(refusal),
        "job_role": JOB_ROLE if moves else "",
        "job_document": _document(call) if moves else "",
        "subject": holder.name,
        "stack": "" if place["reserved_role"] and not moves else holder.name,
    }


def _named(holder: Holder, by_wildcard: Sequence[Grant]) -> Mapping[str, str]:
    policies = {one.policy for one in by_wildcard}
    held = next((one for one in holder.held if one.policy in policies), None)
    if held is None or len(policies) > 1:
        return {}
    place = place_of_held(held)
    document = call_by_name(held.policy, [one.statement for one in by_wildcard])
    return {**place, "document": document} if place and document else {}


def _document(statement: Mapping[str, str]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


REMEDY = Remedy(
    summary="Let one role of the reporting job call GenerateDataSet by its name, and [[subject]]"
    " in no other way.",
    minutes=45,
    console=(
        "In IAM open Roles, Create role, choose the service that runs the reporting job, and name"
        " the role [[job_role]]. Its only policy allows marketplacecommerceanalytics:GenerateDataSet.",
        "Move the schedule to the role and see that the next data set arrives.",
        *placement.STEPS,
        "Keep at most three principals that may make the call.",
    ),
    cli="""\
cat > cas-call.json <<'POLICY'
[[job_document|json]]
POLICY
service=lambda.amazonaws.com # or ecs-tasks.amazonaws.com, ec2.amazonaws.com
trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"'$service'"},"Action":"sts:AssumeRole"}]}'
aws iam get-role --role-name [[job_role]] > /dev/null 2>&1 ||
  aws iam create-role --role-name [[job_role]] --assume-role-policy-document "$trust"
aws iam put-role-policy --role-name [[job_role]] --policy-name cas-call --policy-document file://cas-call.json

"""
    + placement.CLI,
    cloudformation="""\
# About [[stack]].
Resources:

  ReportsJob:
    Type: AWS::IAM::Role
    Properties:
      RoleName: [[job_role]]
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: lambda.amazonaws.com
            Action: sts:AssumeRole
      Policies:
        - PolicyName: cas-call
          PolicyDocument:
            [[job_document|json]]

"""
    + placement.CLOUDFORMATION.replace("Resources:\n", ""),
    terraform="""\
resource "aws_iam_role" "reports_job" {
  name = [[job_role]]
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}
resource "aws_iam_role_policy" "reports_job" {
  name   = "cas-call"
  role   = aws_iam_role.reports_job.id
  policy = <<-POLICY
    [[job_document|json]]
  POLICY
}

"""
    + placement.TERRAFORM,
    breaks=(
        "A reporting job that still runs as [[subject]] stops: move its schedule to the role"
        " first.",
    ),
    way_back="Delete the inline policy that was added, or put the former policy back.",
)

CONTROL = Control(
    module=__name__,
    title="GenerateDataSet is granted explicitly and narrowly",
    severity=Severity.HIGH,
    risk="Whoever can make the call gets the names, addresses and revenue of all your customers.",
    remedy=REMEDY,
    references=(
        Reference("AWS Marketplace Seller Guide, Commerce Analytics Service account permissions"),
        Reference(
            "AWS IAM user guide, Security best practices",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
        ),
    ),
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report"),
    not_applicable_because="Nobody but administrators may call GenerateDataSet.",
    resources=possible_callers,
    check=check,
)
