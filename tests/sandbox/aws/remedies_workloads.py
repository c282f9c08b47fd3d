"""Faults of roles and users that programs run as; each function makes one and returns the key of what fails for it."""

from __future__ import annotations

from sandbox.aws.seeds.documents import allow, queue_arn, trusts_service
from sandbox.aws.seeds.making import HOME, Key
from sandbox.aws.state import Instance
from tests.sandbox.aws.remedies_account import (
    ACCOUNT,
    CONSUMER,
    DELIVERY,
    EVENTS,
    INGESTION,
    LAMBDA,
    METERING,
    PUBLISHER,
    SAAS_METERING,
    Account,
)


def stranger_delivers(account: Account) -> str:
    return account.admit(DELIVERY, external_id="another-id")


def delivery_reads_everything(account: Account) -> str:
    return account.put_inline(DELIVERY, "look", allow("s3:GetObject"))


def call_by_wildcard(account: Account) -> str:
    document = allow("marketplacecommerceanalytics:Generate*")
    return account.make.role("Figures", used=1, trust=LAMBDA, inline={"call": document})


def enrolment_rights_left(account: Account) -> str:
    document = allow(
        "iam:CreateRole",
        "iam:CreatePolicy",
        "iam:AttachRolePolicy",
        "aws-marketplace-management:viewReports",
    )
    return account.make.role("Enrolment", used=1, trust=LAMBDA, inline={"enrol": document})


def retired_export(account: Account) -> str:
    document = allow("marketplacecommerceanalytics:StartSupportDataExport")
    return account.make.role("Export", used=1, trust=LAMBDA, inline={"export": document})


def consumer_owns_the_queue(account: Account) -> str:
    document = allow("sqs:*", resource=queue_arn(ACCOUNT, EVENTS))
    return account.put_inline(CONSUMER, "everything", document)


def metering_by_wildcard(account: Account) -> str:
    return account.put_inline(METERING, "metering", allow("aws-marketplace:*Meter*"))


def metering_with_a_key(account: Account) -> str:
    account.make.user("meter", keys=(Key(30, 1),), inline={"metering": allow(*SAAS_METERING)})
    return f"arn:aws:iam::{ACCOUNT}:user/meter"


def people_meter(account: Account) -> str:
    return account.attach(PUBLISHER, account.make.policy("records", allow(*SAAS_METERING)))


def stranger_meters(account: Account) -> str:
    return account.admit(METERING)


def metering_of_two_kinds(account: Account) -> str:
    document = allow(*SAAS_METERING, "aws-marketplace:MeterUsage")
    return account.put_inline(METERING, "metering", document)


def metering_instance_with_imdsv1(account: Account) -> str:
    name, trust = "i-0fe12411000000001", trusts_service("ec2.amazonaws.com", ACCOUNT)
    account.make.role("Meter", used=0, trust=trust, inline={"metering": allow(*SAAS_METERING)})
    profile = {"InstanceProfileName": "Meter"}
    made = account.ask("iam", "create_instance_profile", **profile)["InstanceProfile"]
    account.ask("iam", "add_role_to_instance_profile", RoleName="Meter", **profile)
    account.home.instances[name] = Instance(name, made["Arn"])
    return f"arn:aws:ec2:{HOME}:{ACCOUNT}:instance/{name}"


def stranger_ingests(account: Account) -> str:
    account.put_inline(INGESTION, "look", allow("s3:GetObject"))
    return account.admit(INGESTION)


def publisher_switches_logging_off(account: Account) -> str:
    return account.attach(PUBLISHER, account.make.policy("stop", allow("cloudtrail:StopLogging")))


FAULTS = {
    "CAS-01": stranger_delivers,
    "CAS-03": delivery_reads_everything,
    "CAS-04": call_by_wildcard,
    "CAS-05": enrolment_rights_left,
    "PSC-01": retired_export,
    "SQS-06": consumer_owns_the_queue,
    "MTR-01": metering_by_wildcard,
    "MTR-02": metering_with_a_key,
    "MTR-03": people_meter,
    "MTR-04": stranger_meters,
    "MTR-05": metering_of_two_kinds,
    "MTR-06": metering_instance_with_imdsv1,
    "AMI-10": stranger_ingests,
    "CT-09": publisher_switches_logging_off,
}
