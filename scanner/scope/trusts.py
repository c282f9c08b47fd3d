"""Whom a role's trust policy lets in who should not be, or too loosely (AMMP-10, MTR-04, AMI-10).

What counts as a restriction is R9 and R10 of controls.md, who is named is R11, what a Deny takes
away is R6. How bad a fault is, and whether it is one at all, is for the controls to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from scanner.facts.snapshot import Snapshot
from scanner.policy import Condition, Policy, Statement
from scanner.scope.cas import assuming
from scanner.scope.issuers import is_exact, names_somebody, oidc_keys, serves_everybody
from scanner.vocabulary import Unobserved


class TrustKind(StrEnum):
    """What is wrong with a statement of a trust policy."""

    EVERYONE = "everyone"
    FOREIGN_ACCOUNT = "foreign account"
    FOREIGN_ORGANIZATION = "foreign organization"
    NO_EXTERNAL_ID = "approved third party without external id"
    NO_AUDIENCE = "OIDC provider without audience"
    NO_SUBJECT = "OIDC provider without subject"
    WIDE_SUBJECT = "OIDC provider with a wildcard in its subject"
    NO_SAML_AUDIENCE = "SAML provider without audience"
    IMPOSTOR = "impostor of a service-linked role"
    DELETED = "deleted principal"


@dataclass(frozen=True, slots=True)
class TrustFault:
    """One thing that is wrong with one statement, and the sentence that says so.

    `who` is an account id, organization id, provider, service or deleted principal as the policy
    names it, empty for everyone. `unproven` is what has to be read to be sure that it is a fault.
    """

    kind: TrustKind
    statement: Statement
    who: str
    sentence: str
    unproven: Unobserved | None = None


RESALE_SERVICE = "resale-authorization.marketplace.amazonaws.com"
"""Only the service-linked role of selling authorizations trusts it (controls.md 1.8)."""

EXTERNAL_ID = "sts:ExternalId"
CALLER_KEYS = ("aws:PrincipalAccount", "aws:PrincipalArn", "aws:SourceAccount", "aws:SourceArn")
ORGANIZATION_KEYS = ("aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceOrgID")


def faults_of(trust: Policy, snapshot: Snapshot) -> Iterator[TrustFault]:
    """Find what is wrong with a trust policy, statement by statement.

    Left to the caller are service-linked and Identity Center roles, whose trust AWS manages (R12).
    """
    for statement in assuming(trust):
        judged = _Judged(trust, statement, snapshot)
        yield from judged.everyone()
        yield from judged.accounts()
        yield from judged.providers()
        yield from judged.dead_and_false()


@dataclass(frozen=True, slots=True)
class _Judged:
    """One Allow statement with which the role can be assumed."""

    trust: Policy
    statement: Statement
    snapshot: Snapshot

    def everyone(self) -> Iterator[TrustFault]:
        """Everybody without a restriction, or with one that names strangers."""
        if not self.statement.admits_everyone() or self._is_refused("sts:AssumeRole*"):
            return
        if not self.statement.is_restrictive():
            yield self._fault(TrustKind.EVERYONE, "", "lets anybody in any AWS account in")
            return
        callers, organizations = _callers(self.statement), _organizations(self.statement)
        if callers is not None:
            for account in sorted(callers):
                yield from self._account(account)
            return
        for one in sorted(organizations or ()):
            yield from self._organization(one)

    def accounts(self) -> Iterator[TrustFault]:
        """Accounts that the statement names and that are not the seller's own."""
        callers = _callers(self.statement)
        for account in self.statement.foreign_accounts(self.snapshot.account.id):
            if callers is None or account in callers:
                yield from self._account(account)

    def providers(self) -> Iterator[TrustFault]:
        """Identity providers whose tokens are not looked at closely enough."""
        for provider in self.statement.providers():
            if ":saml-provider/" in provider:
                yield from self._saml(provider)
            else:
                yield from self._oidc(provider)

    def dead_and_false(self) -> Iterator[TrustFault]:
        """Deleted principals, and the service that belongs to a service-linked role."""
        if RESALE_SERVICE in self.statement.services():
            says = f"trusts {RESALE_SERVICE}, which only a service-linked role may do"
            yield self._fault(TrustKind.IMPOSTOR, RESALE_SERVICE, says)
        for named in self.statement.principals or ():
            if named.is_deleted:
                says = f"names {named.value}, a user or role that was deleted"
                yield self._fault(TrustKind.DELETED, named.value, says)

    def _account(self, account: str) -> Iterator[TrustFault]:
        own = self.snapshot.account.id
        if account == own or self._is_refused("sts:AssumeRole", account):
            return
        who = f"account {account}" if account.isdigit() else account
        organizations = _organizations(self.statement)
        if self.snapshot.profile.approves(account, own):
            if organizations is None and not _has(self.statement, EXTERNAL_ID):
                says = f"lets approved {who} in without an external id"
                yield self._fault(TrustKind.NO_EXTERNAL_ID, account, says)
            return
        if organizations is not None and organizations <= self._own_organization():
            return
        unread = self._unread_organization() if organizations is not None else None
        says = f"lets {who}, which nobody approved, in"
        if unread:
            says += "; whether its organization is yours could not be read"
        yield self._fault(TrustKind.FOREIGN_ACCOUNT, account, says, unread)

    def _organization(self, organization: str) -> Iterator[TrustFault]:
        if organization in self._own_organization():
            return
        unread = self._unread_organization()
        whose = "; whether it is yours could not be read" if unread else ", which is not yours"
        says = f"lets every account of organization {organization} in{whose}"
        yield self._fault(TrustKind.FOREIGN_ORGANIZATION, organization, says, unread)

    def _own_organization(self) -> frozenset[str]:
        own = self.snapshot.organizations.organization
        return frozenset() if own is None or isinstance(own, Unobserved) else frozenset({own.id})

    def _unread_organization(self) -> Unobserved | None:
        own = self.snapshot.organizations.organization
        return own if isinstance(own, Unobserved) else None

    def _saml(self, provider: str) -> Iterator[TrustFault]:
        if self._is_refused("sts:AssumeRoleWithSAML", provider):
            return
        if not any(map(_is_spoken, self._asked("SAML:aud"))):
            says = f"lets {provider} in without a condition on SAML:aud"
            yield self._fault(TrustKind.NO_SAML_AUDIENCE, provider, says)

    def _oidc(self, provider: str) -> Iterator[TrustFault]:
        if self._is_refused("sts:AssumeRoleWithWebIdentity", provider):
            return
        audience, subject = oidc_keys(provider)
        if not any(map(_is_spoken, self._asked(audience))):
            says = f"lets {provider} in without a condition on {audience}"
            yield self._fault(TrustKind.NO_AUDIENCE, provider, says)
        asked = self._asked(subject)
        if not any(names_somebody(one, provider) for one in asked):
            says = f"lets {provider} in, and no condition says whose {subject} it must be"
            says += "; anybody can get one there" if serves_everybody(provider) else ""
            yield self._fault(TrustKind.NO_SUBJECT, provider, says)
        elif not any(is_exact(one, provider) for one in asked):
            fitting = ", ".join(asked[0].values)
            says = f"lets {provider} in with every {subject} that fits {fitting}"
            yield self._fault(TrustKind.WIDE_SUBJECT, provider, says)

    def _asked(self, key: str) -> list[Condition]:
        """Conditions that a token without the key does not meet, nor one with any other value."""
        return [one for one in self.statement.conditions_on(key) if _demands(one)]

    def _is_refused(self, action: str, who: str = "") -> bool:
        """Whether a Deny without conditions surely keeps somebody out; for no name, everybody."""
        return any(
            deny.names_everyone() or (who != "" and who in _wholly_named(deny))
            for deny in self.trust.denies()
            if not deny.conditions and deny.covers_action(action)
        )

    def _fault(
        self, kind: TrustKind, who: str, says: str, unproven: Unobserved | None = None
    ) -> TrustFault:
        name = self.statement.sid or self.statement.index + 1
        return TrustFault(kind, self.statement, who, f"Statement {name} {says}.", unproven)


def trusts_resale(trust: Policy) -> bool:
    """Whether the service for selling authorizations may assume the role."""
    return any(RESALE_SERVICE in one.services() for one in assuming(trust))


def _callers(statement: Statement) -> frozenset[str] | None:
    """The accounts that pass all conditions on the caller; None when there is no such condition."""
    return _passing(statement, CALLER_KEYS, _account_of)


def _account_of(value: str) -> str:
    """A restrictive value is a 12-digit account or an ARN that names one (R9)."""
    return value.split(":")[4] if ":" in value else value


def _organizations(statement: Statement) -> frozenset[str] | None:
    """The organizations that pass all conditions on one; None when there is no such condition."""
    return _passing(statement, ORGANIZATION_KEYS, lambda value: value.partition("/")[0])


def _passing(
    statement: Statement, keys: tuple[str, ...], give: Callable[[str], str]
) -> frozenset[str] | None:
    passing: frozenset[str] | None = None
    for condition in statement.restrictions():
        if any(condition.is_about(key) for key in keys):
            named = frozenset(map(give, condition.values))
            passing = named if passing is None else passing & named
    return passing


def _has(statement: Statement, key: str) -> bool:
    return any(condition.is_about(key) for condition in statement.restrictions())


def _wholly_named(deny: Statement) -> frozenset[str]:
    """Accounts that a Deny names as a whole, and providers and others by their own name."""
    named = deny.principals or ()
    whole = {one.account for one in named if one.is_root and one.account}
    return frozenset(whole | {one.value for one in named})


def _demands(condition: Condition) -> bool:
    """Whether a request without the key fails it (R9, R10)."""
    texts = condition.base in {"StringEquals", "StringEqualsIgnoreCase", "StringLike"}
    certain = not condition.if_exists and condition.set_prefix != "ForAllValues"
    return texts and certain and bool(condition.values)


def _is_spoken(condition: Condition) -> bool:
    return all(value.strip("*? ") for value in condition.values)
