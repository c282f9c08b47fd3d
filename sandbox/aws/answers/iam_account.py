"""Answers of IAM about the account: the summary, the credential report, root's MFA device."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

from sandbox.aws import clock
from sandbox.aws.asking import Answer, Ask, Handler
from sandbox.aws.identities import iam
from sandbox.aws.paging import cut
from sandbox.aws.refusals import ApiError
from sandbox.aws.state import AccountState, RootUser

REPORT_LIFETIME = timedelta(hours=4)
_COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active", "access_key_1_active", "access_key_1_last_rotated",
    "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
    "access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date",
    "access_key_2_last_used_region", "access_key_2_last_used_service", "cert_1_active", "cert_1_last_rotated",
    "cert_2_active", "cert_2_last_rotated", "additional_credentials_info",
)  # fmt: skip


def get_account_summary(ask: Ask) -> Answer:
    """The counters of the account; root's come from its state."""
    root = ask.account.root
    counters = dict(iam(ask.account.account).account_summary.summary_map)
    counters |= {
        "AccountMFAEnabled": int(bool(root.mfa)),
        "AccountAccessKeysPresent": root.active_keys,
        "AccountSigningCertificatesPresent": root.active_certificates,
        "AccountPasswordPresent": int(root.password),
    }
    return {"SummaryMap": counters}


def generate_credential_report(ask: Ask) -> Answer:
    """STARTED at first, COMPLETE when the report has been asked for often enough."""
    report = ask.account.report
    if _fresh(ask.account):
        return {"State": "COMPLETE"}
    if report.asks_left is None:
        report.asks_left = report.asks_needed
        return {
            "State": "STARTED",
            "Description": "No report exists. Starting a new report generation task",
        }
    _make_headway(ask.account)
    return {"State": "COMPLETE" if report.content is not None else "INPROGRESS"}


def get_credential_report(ask: Ask) -> Answer:
    """The report as it was made, for four hours."""
    report = ask.account.report
    if report.asks_left is not None:
        _make_headway(ask.account)
        raise ApiError(
            "ReportInProgress",
            "Credential report generation is in progress. Please try again later.",
            404,
        )
    if report.content is None or report.made is None:
        raise ApiError("ReportNotPresent", "No credential report has been generated.", 410)
    if not _fresh(ask.account):
        raise ApiError("ReportExpired", "The most recent credential report has expired.", 410)
    return {
        "Content": report.content.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.made,
    }


def list_virtual_mfa_devices(ask: Ask) -> Answer:
    """Virtual MFA devices, root's among them."""
    account = ask.account
    devices: list[dict[str, Any]] = []
    if account.root.mfa == "virtual":
        user = {
            "Arn": f"arn:aws:iam::{account.account}:root",
            "UserId": account.account,
            "UserName": "",
            "Path": "/",
            "CreateDate": account.root.created,
        }
        devices.append(
            {
                "SerialNumber": f"arn:aws:iam::{account.account}:mfa/root-account-mfa-device",
                "EnableDate": account.root.created,
                "User": user,
            }
        )
    for device in list(iam(account.account).virtual_mfa_devices.values()):
        entry: dict[str, Any] = {"SerialNumber": device.serial_number}
        if device.enable_date and device.user:
            owner = device.user
            entry |= {
                "EnableDate": clock.aware(device.enable_date),
                "User": {
                    "Arn": owner.arn,
                    "UserId": owner.id,
                    "UserName": owner.name,
                    "Path": owner.path,
                    "CreateDate": clock.aware(owner.create_date),
                },
            }
        devices.append(entry)
    wanted = ask.params.get("AssignmentStatus", "Any")
    if wanted != "Any":
        devices = [device for device in devices if ("User" in device) == (wanted == "Assigned")]
    page, tail = cut(ask, devices, usual=100)
    return {"VirtualMFADevices": list(page)} | tail


def list_access_keys(ask: Ask) -> Answer:
    """The access keys of a user, without their secrets."""
    user = iam(ask.account.account).users.get(ask.params.get("UserName", ""))
    if user is None:
        raise ApiError(
            "NoSuchEntity", f"The user with name {ask.params.get('UserName')} cannot be found.", 404
        )
    page, tail = cut(ask, list(user.access_keys), usual=100)
    keys = [
        {
            "UserName": user.name,
            "AccessKeyId": key.access_key_id,
            "Status": key.status,
            "CreateDate": clock.aware(key.create_date),
        }
        for key in page
    ]
    return {"AccessKeyMetadata": keys} | tail


def _fresh(account: AccountState) -> bool:
    made = account.report.made
    return made is not None and clock.now() - made < REPORT_LIFETIME


def _make_headway(account: AccountState) -> None:
    report = account.report
    report.asks_left = (report.asks_left or 0) - 1
    if report.asks_left <= 0:
        report.asks_left = None
        report.content = report_text(account)
        report.made = clock.now()


def report_text(account: AccountState) -> str:
    """The credential report of the account as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerow(_root_row(account.account, account.root))
    for user in list(iam(account.account).users.values()):
        writer.writerow(_user_row(account, user))
    return out.getvalue()


def _when(moment: datetime | None, never: str) -> str:
    return clock.aware(moment).strftime("%Y-%m-%dT%H:%M:%S+00:00") if moment else never


def _flag(value: object) -> str:
    return "true" if value else "false"


def _root_row(number: str, root: RootUser) -> list[str]:
    row = [
        "<root_account>", f"arn:aws:iam::{number}:root", _when(root.created, ""), "not_supported",
        _when(root.password_last_used, "no_information"), "not_supported", "not_supported", _flag(root.mfa),
    ]  # fmt: skip
    for key in range(2):
        active = root.active_keys > key
        used = root.key_last_used if active else None
        row += [
            _flag(active), _when(root.created if active else None, "N/A"), _when(used, "N/A"),
            "us-east-1" if used else "N/A", "iam" if used else "N/A",
        ]  # fmt: skip
    for certificate in range(2):
        active = root.active_certificates > certificate
        row += [_flag(active), _when(root.created if active else None, "N/A")]
    return [*row, ""]


def _user_row(account: AccountState, user: Any) -> list[str]:
    facts = account.user(user.name)
    password = bool(user.password)
    row = [
        user.name, user.arn, _when(user.create_date, ""), _flag(password),
        _when(user.password_last_used, "no_information") if password else "N/A",
        _when(facts.password_changed or user.create_date, "N/A") if password else "N/A",
        "N/A", _flag(user.mfa_devices),
    ]  # fmt: skip
    for index in range(2):
        row += _key_columns(user.access_keys[index] if len(user.access_keys) > index else None)
    certificates = list(user.signing_certificates.values())
    for index in range(2):
        active = len(certificates) > index and certificates[index].status == "Active"
        row += [_flag(active), "N/A"]
    return [*row, facts.additional_credentials]


def _key_columns(key: Any | None) -> list[str]:
    if key is None:
        return ["false", "N/A", "N/A", "N/A", "N/A"]
    used = key.last_used
    return [
        _flag(key.status == "Active"), _when(key.create_date, "N/A"), _when(used.timestamp if used else None, "N/A"),
        used.region if used else "N/A", used.service if used else "N/A",
    ]  # fmt: skip


ANSWERS: dict[str, Handler] = {
    "GetAccountSummary": get_account_summary,
    "GenerateCredentialReport": generate_credential_report,
    "GetCredentialReport": get_credential_report,
    "ListVirtualMFADevices": list_virtual_mfa_devices,
    "ListAccessKeys": list_access_keys,
}
