"""The life of a scan, from the request to the record: the bridge to scanner.scan."""

from posture.scans.attesting import (
    NotAttestableError,
    Said,
    attest,
    end_expired_attestations,
    withdraw,
)
from posture.scans.heartbeat import leave_running_scan
from posture.scans.recording import record
from posture.scans.requesting import (
    LockedError,
    NotConnectedError,
    request_scan,
    start_due,
    take_back_overdue,
)
from posture.scans.running import Claim, claim, named, prepare, run
from posture.scans.storing import stored_json

__all__ = [
    "Claim",
    "LockedError",
    "NotAttestableError",
    "NotConnectedError",
    "Said",
    "attest",
    "claim",
    "end_expired_attestations",
    "leave_running_scan",
    "named",
    "prepare",
    "record",
    "request_scan",
    "run",
    "start_due",
    "stored_json",
    "take_back_overdue",
    "withdraw",
]
