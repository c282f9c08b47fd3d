"""Who may assume a metering role that is not its workload, and the trust without them (MTR-04)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scanner.facts.account import Account
from scanner.facts.snapshot import Snapshot
from scanner.policy import (
    METER,
    METER_SAAS,
    Policy,
    Principal,
    Statement,
    parse,
)
from scanner.scope.cas import assuming
from scanner.scope.doubt import Doubt
from scanner.scope.holder import READ_BY, RoleHolder
from scanner.scope.issuers import issuer_of
from scanner.scope.subtraction import Stated
from scanner.scope.trust_rewrites import NOBODY, narrowed
from scanner.scope.trusts import RESALE_SERVICE, TrustFault, TrustKind, faults_of
from scanner.vocabulary import Severity, known

SEVERITIES = {
    TrustKind.EVERYONE: Severity.CRITICAL,
    TrustKind.FOREIGN_ACCOUNT: Severity.HIGH,
    TrustKind.FOREIGN_ORGANIZATION: Severity.HIGH,
    TrustKind.NO_EXTERNAL_ID: Severity.HIGH,
    TrustKind.IMPOSTOR: Severity.HIGH,
    TrustKind.NO_AUDIENCE: Severity.MEDIUM,
    TrustKind.NO_SUBJECT: Severity.MEDIUM,
    TrustKind.WIDE_SUBJECT: Severity.MEDIUM,
    TrustKind.NO_SAML_AUDIENCE: Severity.MEDIUM,
    TrustKind.DELETED: Severity.LOW,
}

SERVICE = r"{}(?:\.[a-z]{{2}}(?:-[a-z]+)+-\d+)?\.amazonaws\.com(?:\.cn)?"
IN_IMAGES = "ec2|ecs-tasks|pods\\.eks"
IMAGES = re.compile(SERVICE.format(f"(?:{IN_IMAGES})"))
"""Where the software of AMI and container products runs."""

COMPUTE = re.compile(
    SERVICE.format(
        f"(?:{IN_IMAGES}|lambda|(?:tasks\\.)?apprunner|states|scheduler|glue|batch)",
    )
)
"""Services that run the seller's own code: the account itself hands them the role."""

EKS = re.compile(r"oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/id/[^/]+")
TASKS = "ecs-tasks.amazonaws.com"
SOURCE = "aws:SourceAccount"


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing in a trust that is wrong for a metering role; `fault` if it is wrong for any."""

    sentence: str
    severity: Severity
    statement: Statement
    fault: TrustFault | None = None
    service: str = ""
    """The service that a condition has to tie to the account, if that is what is wrong."""


def misfits(holder: RoleHolder, trust: Policy, snapshot: Snapshot) -> Iterator[Misfit | Doubt]:
    """Find who should not be let in, and what may hide more of them."""
    faults = list(faults_of(trust, snapshot))
    for fault in faults:
        yield Misfit(fault.sentence, SEVERITIES[fault.kind], fault.statement, fault)
    for one in assuming(trust):
        for service in _loose(one):
            says = f"trusts {service}, which is no compute service, for any account it works for"
            yield Misfit(_said(one, says), Severity.MEDIUM, one, service=service)
    unfit = list(_unfit(trust, faults))
    if unfit and holder.gaps and not holder.grants(METER_SAAS):
        yield Doubt(Severity.MEDIUM, holder.gaps)
    if is_for_images(holder):
        yield from unfit


def is_for_images(holder: RoleHolder) -> bool:
    """Whether all its metering is that of AMI or container products."""
    return bool(holder.grants(METER)) and not holder.grants(METER).has_any(METER_SAAS)


def mended(holder: RoleHolder, trust: Policy, faults: Iterable[Misfit], account: Account) -> str:
    """The trust policy as JSON without these misfits; nobody is let in who was not before.

    Services that are no compute services are kept for the account's own use. When nothing is left,
    nobody may assume the role.
    """
    text = narrowed(trust, [one.fault for one in faults if one.fault is not None], account)
    document: Stated = json.loads(text)
    kept: list[Stated] = []
    for one, stated in zip(
        known(parse(text, source=READ_BY)).statements, document["Statement"], strict=True
    ):
        is_open = one.allows and one.is_trust()
        kept += (
            _fitting(one, stated, account, for_images=is_for_images(holder))
            if is_open
            else [stated]
        )
    if not any(stated["Effect"] == "Allow" for stated in kept):
        kept = [NOBODY]
    return json.dumps(document | {"Statement": kept})


def advice(trust: Policy) -> str:
    """What would make a trust better that is good enough; empty for nothing."""
    tasks = [one for one in assuming(trust) if TASKS in one.services()]
    if all(one.is_restrictive() for one in tasks):
        return ""
    return f"add a condition on aws:SourceArn or {SOURCE} for {TASKS}"


def _loose(statement: Statement) -> Iterator[str]:
    if statement.is_restrictive():
        return
    for service in dict.fromkeys(statement.services()):
        if service != RESALE_SERVICE and not COMPUTE.fullmatch(service):
            yield service


def _unfit(trust: Policy, faults: Iterable[TrustFault]) -> Iterator[Misfit]:
    """Who may not run an image's metering, but for those who are told of already."""
    told = {(fault.statement.index, fault.who) for fault in faults}
    for one in assuming(trust):
        for named in one.principals or ():
            known_as = (named.value, named.account or "", "" if named.is_unbounded else "-")
            if not _runs_images(named) and told.isdisjoint((one.index, who) for who in known_as):
                says = (
                    f"lets {named.value} in, but MeterUsage and RegisterUsage are called from EC2"
                    " instances, ECS tasks and EKS pods"
                )
                yield Misfit(_said(one, says), Severity.MEDIUM, one)


def _runs_images(named: Principal) -> bool:
    if named.kind == "Service":
        return bool(IMAGES.fullmatch(named.value))
    return named.kind == "Federated" and bool(EKS.fullmatch(issuer_of(named.value)))


def _fitting(
    one: Statement, stated: Stated, account: Account, *, for_images: bool
) -> Iterator[Stated]:
    named = one.principals or ()
    fit = [who for who in named if not for_images or _runs_images(who)]
    loose = [who for who in fit if who.value in set(_loose(one))]
    staying = [who for who in fit if who not in loose]
    if not loose and len(fit) == len(named):
        yield stated
        return
    rest = {key: value for key, value in stated.items() if key != "Principal"}
    if staying:
        yield rest | {"Principal": _principal(staying)}
    if loose:
        tests = rest.get("Condition", {})
        own = {"StringEquals": tests.get("StringEquals", {}) | {SOURCE: account.id}}
        bare = {key: value for key, value in rest.items() if key != "Sid"}
        yield bare | {"Principal": _principal(loose), "Condition": tests | own}


def _principal(named: Iterable[Principal]) -> dict[str, list[str]]:
    by_kind: dict[str, list[str]] = {}
    for who in named:
        kind = "AWS" if who.kind == "everyone" else who.kind
        by_kind.setdefault(kind, []).append(who.value)
    return by_kind


def _said(statement: Statement, says: str) -> str:
    return f"Statement {statement.sid or statement.index + 1} {says}."
