"""Who may see and do what: the only module that decides it, and the only way to rows for doors."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from posture.entrance.factors import has_second_factor
from posture.entrance.providers import Vouched
from posture.models import (
    Account,
    ApiToken,
    Attestation,
    AuditEvent,
    ControlResult,
    Finding,
    FindingEvent,
    IdentityProvider,
    Invitation,
    MemberAccount,
    Membership,
    Organisation,
    Role,
    Scan,
    ScorePoint,
    ServiceAccount,
    TokenAccount,
    User,
    Verification,
    Waiver,
)
from posture.models.crossing import organisations_named, organisations_of_user
from posture.models.tenancy import OrganisationOwned, within

__all__ = ["Scope", "within"]

Verb = Literal["read", "triage", "scan", "connect", "manage"]
"""read: see; triage: tickets; scan: start one; connect: accounts; manage: people, tokens, audit."""

Owned = TypeVar("Owned", bound=OrganisationOwned)

ROLE_VERBS: Mapping[str, frozenset[Verb]] = {
    Role.VIEWER: frozenset({"read"}),
    Role.ANALYST: frozenset({"read", "triage", "scan"}),
    Role.ADMIN: frozenset({"read", "triage", "scan", "connect", "manage"}),
    Role.OWNER: frozenset({"read", "triage", "scan", "connect", "manage"}),
}
SCOPE_VERBS: Mapping[str, frozenset[Verb]] = {
    "findings:read": frozenset({"read"}),
    "findings:triage": frozenset({"read", "triage"}),
    "scans:run": frozenset({"scan"}),
    "exports:read": frozenset(),
    "webhooks:manage": frozenset(),
    "admin": frozenset({"read", "triage", "scan", "connect", "manage"}),
}
FOR_ALL_ACCOUNTS: frozenset[Verb] = frozenset({"connect", "manage"})
"""What a member who is restricted to some accounts may not do, whatever their role."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, in which organisation, and which of its accounts they may touch (None: all)."""

    organisation: Organisation
    user: User | None
    token: ApiToken | None
    role: str
    account_ids: frozenset[uuid.UUID] | None = None
    enrols: bool = False
    """Whether they first have to set up a second factor, because the organisation requires one."""
    must_use: str = ""
    """The name, in addresses, of the provider by which alone they may come; empty for none."""

    @property
    def verbs(self) -> frozenset[Verb]:
        """What may be done at all: by the member's role, or by the token's scopes."""
        if self.enrols or self.must_use:
            return frozenset()
        if self.token is None:
            verbs = ROLE_VERBS.get(self.role, frozenset())
            return verbs if self.account_ids is None else verbs - FOR_ALL_ACCOUNTS
        granted = (SCOPE_VERBS.get(scope, frozenset()) for scope in self.token.scopes)
        return frozenset().union(*granted)


def may(scope: Scope | None, verb: Verb, account: Account | None = None) -> bool:
    """Say whether the scope allows the verb, on this account if one is given."""
    if scope is None or verb not in scope.verbs:
        return False
    if account is None:
        return True
    if account.organisation_id != scope.organisation.pk:
        return False
    return scope.account_ids is None or account.pk in scope.account_ids


def may_give(scope: Scope | None, role: str) -> bool:
    """Say whether the scope may give a role to somebody, or take it away: owners are for owners."""
    if scope is None or not may(scope, "manage"):
        return False
    return role != Role.OWNER or scope.role == Role.OWNER


def scope_of(request: HttpRequest) -> Scope:
    """Return the scope that the middleware found; raises PermissionDenied when nobody is known."""
    scope = getattr(request, "scope", None)
    if isinstance(scope, Scope):
        return scope
    raise PermissionDenied


def organisations_of(user: User) -> list[uuid.UUID]:
    """Return the ids of a user's organisations, the first joined first."""
    return organisations_of_user(user.pk) if user.is_active else []


def named_organisations_of(user: User) -> list[tuple[uuid.UUID, str]]:
    """Return id and name of a user's organisations, by name, for them to choose from."""
    return organisations_named(user.pk) if user.is_active else []


def scope_of_user(
    user: User, organisation_id: uuid.UUID, vouched: Vouched | None = None
) -> Scope | None:
    """Return a member's scope, from inside `within` their organisation; None for strangers.

    A session that a provider began lasts for as long as the provider is on, and in its organisation.
    """
    rows = Membership.objects.select_related("organisation")
    rows = rows.filter(user=user, organisation_id=organisation_id)
    if vouched is not None:
        on = IdentityProvider.objects.filter(
            pk=vouched.provider, organisation=organisation_id, active=True
        )
        rows = rows.filter(Exists(on))
    membership = rows.annotate(must_use=_must_use(user, vouched)).first()
    if membership is None:
        return None
    required = membership.organisation.requires_second_factor
    proved = vouched is not None and vouched.with_factor
    enrols = required and not proved and not has_second_factor(user)
    must_use = membership.must_use if membership.role != Role.OWNER else ""
    return replace(_scope_in(membership, user), enrols=enrols, must_use=must_use or "")


def scope_behind_the_door(user: User, organisation_id: uuid.UUID) -> Scope | None:
    """Return a member's scope by role and accounts alone, from inside `within`; None for strangers.

    For verbs only, which judge again what a door let in: how the person came in, by which provider
    and with which factors, stands in the session, which verbs do not see. Doors ask `scope_of_user`.
    """
    rows = Membership.objects.select_related("organisation")
    membership = rows.filter(user=user, organisation_id=organisation_id).first()
    return _scope_in(membership, user) if membership is not None else None


def _scope_in(membership: Membership, user: User) -> Scope:
    organisation, accounts = membership.organisation, None
    if membership.restricted:
        named = MemberAccount.objects.filter(membership=membership, organisation=organisation)
        accounts = frozenset(named.values_list("account_id", flat=True))
    return Scope(organisation, user, None, membership.role, accounts)


def _must_use(user: User, vouched: Vouched | None) -> Subquery:
    """The slug of a provider that this person has to use and did not, in the same query."""
    domain = user.email.rpartition("@")[2]
    rows = IdentityProvider.objects.filter(
        organisation=OuterRef("organisation"),
        active=True,
        required=True,
        domains__contains=[domain],
    )
    rows = rows.exclude(pk=vouched.provider) if vouched is not None else rows
    return Subquery(rows.order_by("created_at", "pk").values("slug")[:1])


def providers_of(scope: Scope) -> QuerySet[IdentityProvider]:
    """Return the organisation's identity providers; only those who manage may see any."""
    rows = IdentityProvider.objects.filter(organisation=scope.organisation)
    return rows if may(scope, "manage") else rows.none()


def scope_of_token(token: ApiToken) -> Scope:
    """Return a verified token's scope, from inside `within` its organisation."""
    organisation = Organisation.objects.get(pk=token.organisation_id)
    if not token.restricted:
        return Scope(organisation, None, token, "")
    named = TokenAccount.objects.filter(token=token, organisation_id=token.organisation_id)
    accounts = frozenset(named.values_list("account_id", flat=True))
    return Scope(organisation, None, token, "", accounts)


def accounts_of(scope: Scope) -> QuerySet[Account]:
    """Return the accounts that the scope may see."""
    accounts = Account.objects.filter(organisation=scope.organisation)
    return accounts if scope.account_ids is None else accounts.filter(pk__in=scope.account_ids)


def findings_of(scope: Scope) -> QuerySet[Finding]:
    """Return the findings of those accounts."""
    return _of_accounts(Finding.objects.all(), scope)


def scans_of(scope: Scope) -> QuerySet[Scan]:
    """Return the scans of those accounts."""
    return _of_accounts(Scan.objects.all(), scope)


def events_of(scope: Scope) -> QuerySet[FindingEvent]:
    """Return the events of findings of those accounts."""
    return _of_accounts(FindingEvent.objects.all(), scope)


def results_of(scope: Scope) -> QuerySet[ControlResult]:
    """Return the last results of controls on those accounts."""
    return _of_accounts(ControlResult.objects.all(), scope)


def scores_of(scope: Scope) -> QuerySet[ScorePoint]:
    """Return the score history of those accounts."""
    return _of_accounts(ScorePoint.objects.all(), scope)


def waivers_of(scope: Scope) -> QuerySet[Waiver]:
    """Return the waivers on those accounts."""
    return _of_accounts(Waiver.objects.all(), scope)


def attestations_of(scope: Scope) -> QuerySet[Attestation]:
    """Return the answers to manual controls of those accounts."""
    return _of_accounts(Attestation.objects.all(), scope)


def verifications_of(scope: Scope) -> QuerySet[Verification]:
    """Return the second looks at findings of those accounts."""
    return _of_accounts(Verification.objects.all(), scope)


def tokens_of(scope: Scope) -> QuerySet[ApiToken]:
    """Return the organisation's tokens; only those who manage may see any."""
    tokens = ApiToken.objects.filter(organisation=scope.organisation)
    return tokens if may(scope, "manage") else tokens.none()


def audit_events_of(scope: Scope) -> QuerySet[AuditEvent]:
    """Return the organisation's audit log: for those who manage, and who may touch every account."""
    events = AuditEvent.objects.filter(organisation=scope.organisation)
    return events if may(scope, "manage") and scope.account_ids is None else events.none()


def service_accounts_of(scope: Scope) -> QuerySet[ServiceAccount]:
    """Return the organisation's service accounts; only those who manage may see any."""
    rows = ServiceAccount.objects.filter(organisation=scope.organisation)
    return rows if may(scope, "manage") else rows.none()


def members_of(scope: Scope) -> QuerySet[Membership]:
    """Return the organisation's members; only those who manage may see them."""
    members = Membership.objects.filter(organisation=scope.organisation)
    return members if may(scope, "manage") else members.none()


def invitations_of(scope: Scope) -> QuerySet[Invitation]:
    """Return the organisation's invitations; only those who manage may see them."""
    rows = Invitation.objects.filter(organisation=scope.organisation)
    return rows if may(scope, "manage") else rows.none()


def _of_accounts(rows: QuerySet[Owned], scope: Scope) -> QuerySet[Owned]:
    rows = rows.filter(organisation=scope.organisation)
    if scope.account_ids is None:
        return rows
    return rows.filter(account_id__in=scope.account_ids)


ViewT = TypeVar("ViewT", bound=Callable[..., Any])


def manages_own_transactions(view: ViewT) -> ViewT:
    """Mark a view that waits for the outside world, so that no transaction stays open meanwhile.

    The middleware then opens none: the view reads and writes in blocks of `within` of its own.
    """
    view.manages_own_transactions = True  # type: ignore[attr-defined] # read by the middleware
    return view
