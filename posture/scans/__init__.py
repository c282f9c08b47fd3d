"""The life of a scan, from the request to the record: the bridge to scanner.scan."""

from posture.scans.attesting import (
    NotAttestableError,
    Said,
    attest,
    end_expired_attestations,
    withdraw,
)
from posture.scans.cancelling import ScanOverError, cancel_scan
from posture.scans.heartbeat import leave_running_scan
from posture.scans.pruning import Removable, prune, removable, removable_everywhere
from posture.scans.recording import record
from posture.scans.requesting import (
    LockedError,
    NotConnectedError,
    request_scan,
    start_due,
    take_back_overdue,
    wake,
    wake_next,
)
from posture.scans.running import Claim, claim, named, prepare, run
from posture.scans.stores import StoreError
from posture.scans.storing import BrokenSnapshotError, stored_json
from posture.scans.verifying import (
    NotVerifiableError,
    VerificationClaim,
    claim_verification,
    request_verification,
    take_back_verifications,
    verify,
    why_not,
)
from posture.scans.waiting import WaitsFor, slots_full, waits_for

__all__ = [
    "BrokenSnapshotError",
    "Claim",
    "LockedError",
    "NotAttestableError",
    "NotConnectedError",
    "NotVerifiableError",
    "Removable",
    "Said",
    "ScanOverError",
    "StoreError",
    "VerificationClaim",
    "WaitsFor",
    "attest",
    "cancel_scan",
    "claim",
    "claim_verification",
    "end_expired_attestations",
    "leave_running_scan",
    "named",
    "prepare",
    "prune",
    "record",
    "removable",
    "removable_everywhere",
    "request_scan",
    "request_verification",
    "run",
    "slots_full",
    "start_due",
    "stored_json",
    "take_back_overdue",
    "take_back_verifications",
    "verify",
    "waits_for",
    "wake",
    "wake_next",
    "why_not",
    "withdraw",
]
