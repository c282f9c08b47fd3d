"""The rows: organisations, accounts, scans, findings and what people add to them."""

from posture.models.account import Account, AccountDecision
from posture.models.attestation import MOST_BYTES, Answer, Attestation, AttestationEnd
from posture.models.audit import AuditEvent, AuditHead
from posture.models.entry import EntryLink, LinkKind, Notice
from posture.models.finding import (
    ControlResult,
    Finding,
    FindingEvent,
    SeverityChoice,
    StatusChoice,
    fingerprint,
)
from posture.models.identity import MemberAccount, Membership, Organisation, Role, User
from posture.models.installation import (
    Installation,
    Lock,
    Tick,
    installation,
    is_locked,
    note_tick,
    unlock,
)
from posture.models.invitation import Invitation, InvitationAccount
from posture.models.leased import MAX_ATTEMPTS, Leased, LeaseState, database_now
from posture.models.provider import IdentityProvider, ProviderSubject
from posture.models.scan import Rejudgement, Scan, ScorePoint, StoredSnapshot, no_progress
from posture.models.schedule import Schedule, jitter_of, next_run
from posture.models.token import ApiToken, ServiceAccount, TokenAccount
from posture.models.triage import Ticket, Waiver
from posture.models.verification import Verification

__all__ = [
    "MAX_ATTEMPTS",
    "MOST_BYTES",
    "Account",
    "AccountDecision",
    "Answer",
    "ApiToken",
    "Attestation",
    "AttestationEnd",
    "AuditEvent",
    "AuditHead",
    "ControlResult",
    "EntryLink",
    "Finding",
    "FindingEvent",
    "IdentityProvider",
    "Installation",
    "Invitation",
    "InvitationAccount",
    "LeaseState",
    "Leased",
    "LinkKind",
    "Lock",
    "MemberAccount",
    "Membership",
    "Notice",
    "Organisation",
    "ProviderSubject",
    "Rejudgement",
    "Role",
    "Scan",
    "Schedule",
    "ScorePoint",
    "ServiceAccount",
    "SeverityChoice",
    "StatusChoice",
    "StoredSnapshot",
    "Tick",
    "Ticket",
    "TokenAccount",
    "User",
    "Verification",
    "Waiver",
    "database_now",
    "fingerprint",
    "installation",
    "is_locked",
    "jitter_of",
    "next_run",
    "no_progress",
    "note_tick",
    "unlock",
]
