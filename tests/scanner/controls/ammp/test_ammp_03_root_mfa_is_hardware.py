"""AMMP-03 on every kind of device that the root user may have."""

from __future__ import annotations

import pytest

from scanner.controls.ammp.ammp_03_root_mfa_is_hardware import CONTROL
from scanner.facts.iam import CredentialReport, VirtualDevice
from scanner.vocabulary import Partial, Severity
from tests.builders import NOW, OWN, a_report, a_root_row, a_snapshot, a_summary, an_arn, denied
from tests.cases import Case, fails, not_applicable, not_assessed, passes

MEDIUM = Severity.MEDIUM
ROOT = f"arn:aws:iam::{OWN}:root"
OFTEN = VirtualDevice(f"arn:aws:iam::{OWN}:mfa/root-account-mfa-device", ROOT)
NAMED = VirtualDevice(f"arn:aws:iam::{OWN}:mfa/phone-of-anna", ROOT)
OF_A_USER = VirtualDevice(f"arn:aws:iam::{OWN}:mfa/root-account-mfa-device", an_arn("user", "anna"))
VIRTUAL = "The root user has a virtual MFA device."
DEVICES = denied("iam:ListVirtualMFADevices")
SUMMARY = denied("iam:GetAccountSummary")
REPORT = denied("iam:GetCredentialReport")

CASES = (
    Case("MFA without a virtual device passes", a_snapshot(), passes("hardware or FIDO")),
    Case(
        "The usual virtual device fails",
        a_snapshot(virtual_devices=(OFTEN,)),
        fails(MEDIUM, VIRTUAL, shows="mfa/root-account-mfa-device"),
    ),
    Case(
        "A virtual device of any name fails when it is the root user's",
        a_snapshot(virtual_devices=(OF_A_USER, NAMED)),
        fails(MEDIUM, VIRTUAL, shows="mfa/phone-of-anna"),
    ),
    Case(
        "A user's device does not count, whatever its name",
        a_snapshot(virtual_devices=(OF_A_USER,)),
        passes(),
    ),
    Case(
        "No MFA at all fails",
        a_snapshot(summary=a_summary(mfa=0)),
        fails(MEDIUM, "no MFA device at all", shows="Password of the root user: set"),
    ),
    Case(
        "No MFA and an access key fails without a password",
        a_snapshot(summary=a_summary(mfa=0, keys=1, password=0)),
        fails(MEDIUM, "no MFA device at all", shows="Access keys of the root user: 1"),
    ),
    Case(
        "A root user without credentials needs no device",
        a_snapshot(summary=a_summary(mfa=0, password=0), virtual_devices=DEVICES),
        not_applicable("no password and no access keys"),
    ),
    Case(
        "The report tells of the password where the summary does not",
        a_snapshot(
            summary=a_summary(mfa=0, password=None),
            report=a_report(root=a_root_row(password=False)),
        ),
        not_applicable(),
    ),
    Case(
        "A password column that is not supported is a password",
        a_snapshot(
            summary=a_summary(mfa=0, password=None), report=a_report(root=a_root_row(password=None))
        ),
        fails(MEDIUM, "no MFA device at all"),
    ),
    Case(
        "Nobody tells of the password",
        a_snapshot(summary=a_summary(mfa=0, password=None), report=REPORT),
        not_assessed("iam:GetCredentialReport"),
    ),
    Case(
        "The report may not list the root user",
        a_snapshot(summary=a_summary(mfa=0, password=None), report=CredentialReport(NOW, ())),
        not_assessed("iam:GetCredentialReport", "does not list the root user"),
    ),
    Case(
        "Without the summary a virtual device still fails",
        a_snapshot(summary=SUMMARY, virtual_devices=(OFTEN,)),
        fails(MEDIUM, VIRTUAL),
    ),
    Case(
        "Without the summary nothing passes",
        a_snapshot(summary=SUMMARY),
        not_assessed(SUMMARY.action),
    ),
    Case(
        "Without the list of devices nothing passes",
        a_snapshot(virtual_devices=DEVICES),
        not_assessed(DEVICES.action),
    ),
    Case(
        "A cut list of devices may hide one",
        a_snapshot(virtual_devices=Partial((OF_A_USER,), (DEVICES,))),
        not_assessed(DEVICES.action),
    ),
    Case(
        "A cut list of devices that shows one fails",
        a_snapshot(virtual_devices=Partial((OFTEN,), (DEVICES,))),
        fails(MEDIUM, VIRTUAL),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_root_users_mfa_is_hardware(case: Case) -> None:
    case.holds_for(CONTROL)
