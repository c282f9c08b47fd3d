"""Companies with a row in every table, for what has to take everything along."""

from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.utils import timezone

from posture import tokens
from posture.models import (
    Account,
    AccountDecision,
    IdentityProvider,
    Invitation,
    InvitationAccount,
    MemberAccount,
    Membership,
    Organisation,
    ProviderSubject,
    Rejudgement,
    Schedule,
    Ticket,
    User,
    Verification,
)
from posture.models.tenancy import OrganisationOwned, within
from posture.scans.storing import keep
from tests.posture.rows import a_member, an_account, an_organisation
from tests.posture.web.rows import (
    a_done_scan,
    a_finding,
    a_result,
    a_score,
    a_waiver,
    an_attestation,
    an_event,
    scored,
)

PASSWORD = "correct horse battery staple"
OWNED = [model for model in apps.get_models() if issubclass(model, OrganisationOwned)]


def fill(account: Account, user: User) -> Path:
    """Give an account a row in every table; return the file of its snapshot."""
    scan = a_done_scan(account, requested_by=user)
    scored(account, scan)
    a_score(scan, 60, 40, timezone.now() - timedelta(days=1))
    finding = a_finding(scan, "queue")
    an_event(finding, "opened", 2, scan=scan, by_user=user)
    a_waiver(finding, user)
    a_result(scan, "SQS-03", status="fail", failing=1)
    an_attestation(scan, user)
    with within(account.organisation_id):
        own = {"organisation_id": account.organisation_id}
        member = Membership.objects.get(user=user)
        MemberAccount.objects.create(**own, membership=member, account=account)
        invited, _ = Invitation.objects.get_or_create(
            **own, digest=account.organisation_id.hex, role="viewer", restricted=True,
            defaults={"email": "olga@example.com", "sent_at": timezone.now(), "expires_at": timezone.now()},
        )  # fmt: skip
        InvitationAccount.objects.create(**own, invitation=invited, account=account)
        Ticket.objects.create(**own, finding=finding, system="jira", key="SEC-1")
        Schedule.objects.create(**own, account=account)
        AccountDecision.objects.create(
            **own, account=account, allowed=True, reason="Known", decided_by="root"
        )
        Verification.objects.create(**own, account=account, finding=finding, state="done")
        Rejudgement.objects.create(**own, account=account, scan=scan, engine="1", state="done")
        tokens.issue(
            organisation=Organisation.objects.get(pk=account.organisation_id), by=user, name="t", scopes=["findings:read"],
            accounts=[account], networks=[], days=1,
        )  # fmt: skip
        snapshot = keep(
            account.aws_account.encode(), scan=scan, taken_at=timezone.now(), engine="1"
        )
    return settings.SNAPSHOT_DIR / snapshot.path


def rows_of(organisation: Organisation) -> dict[str, int]:
    with within(organisation):
        counts = {model.__name__: model._default_manager.count() for model in OWNED}
    return {name: count for name, count in counts.items() if count}


class Company:
    """An organisation with an owner and two full accounts."""

    def __init__(self, name: str) -> None:
        self.organisation = an_organisation(name)
        self.user = a_member(self.organisation, "alice", password=PASSWORD)
        numbers = ("111122223333", "444455556666")
        self.accounts = [an_account(self.organisation, number) for number in numbers]
        self._let_in_by_a_provider()
        self.files = [fill(account, self.user) for account in self.accounts]

    def _let_in_by_a_provider(self) -> None:
        own = {"organisation": self.organisation}
        with within(self.organisation):
            provider = IdentityProvider.objects.create(
                **own, name="Staff", slug=f"{self.organisation.name.lower()}-staff",
                issuer="https://login.example.com", client_id="posture", client_secret="secret",
                domains=["example.com"],
            )  # fmt: skip
            ProviderSubject.objects.create(**own, provider=provider, user=self.user, subject="s")
