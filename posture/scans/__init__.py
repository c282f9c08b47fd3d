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
from posture.scans.recording import record
from posture.scans.requesting import (
    NotConnectedError,
    request_scan,
    start_due,
    take_back_overdue,
    wake,
    wake_next,
)
from posture.scans.running import Claim, claim, prepare, run
from posture.scans.storing import stored_json
from posture.scans.waiting import WaitsFor, slots_full, waits_for

__all__ = [
    "Claim",
    "NotAttestableError",
    "NotConnectedError",
    "Said",
    "ScanOverError",
    "WaitsFor",
    "attest",
    "cancel_scan",
    "claim",
    "end_expired_attestations",
    "leave_running_scan",
    "prepare",
    "record",
    "request_scan",
    "run",
    "slots_full",
    "start_due",
    "stored_json",
    "take_back_overdue",
    "waits_for",
    "wake",
    "wake_next",
    "withdraw",
]
