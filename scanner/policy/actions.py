"""The Marketplace actions we reason about, in named sets, and which know no resources."""

from __future__ import annotations

from scanner.policy.match import fold


def _of(service: str, *names: str) -> frozenset[str]:
    return frozenset(f"{service}:{name}" for name in names)


PORTAL_PATTERN = "aws-marketplace-management:*"
"""Any action of the Management Portal, also one that AWS adds after this list was made."""

PORTAL_MANAGEMENT = _of(
    "aws-marketplace-management",
    "GetAdditionalSellerNotificationRecipients",
    "GetBankAccountVerificationDetails",
    "GetSecondaryUserVerificationDetails",
    "GetSellerVerificationDetails",
    "PutAdditionalSellerNotificationRecipients",
    "PutBankAccountVerificationDetails",
    "PutSecondaryUserVerificationDetails",
    "PutSellerVerificationDetails",
    "uploadFiles",
    "viewMarketing",
    "viewReports",
    "viewSettings",
    "viewSupport",
)
"""All of the service's actions (Service Authorization Reference, October 2026)."""

PORTAL_CORE = (
    PORTAL_MANAGEMENT
    | {PORTAL_PATTERN}
    | _of(
        "aws-marketplace",
        "ListEntities",
        "StartChangeSet",
        "CancelChangeSet",
        "GetSellerDashboard",
        "ListAssessments",
    )
)
"""Marks a principal as able to use the portal. It holds a pattern: what a policy grants of it
that has no name here is reported as the policy spells it."""

PORTAL_WRITE = _of(
    "aws-marketplace",
    "StartChangeSet",
    "CancelChangeSet",
    "PutResourcePolicy",
    "DeleteResourcePolicy",
    "TagResource",
    "UntagResource",
    "SendAgreementPaymentRequest",
    "CancelAgreementPaymentRequest",
    "SendAgreementCancellationRequest",
    "CancelAgreementCancellationRequest",
    "BatchCreateBillingAdjustmentRequest",
) | _of("aws-marketplace-management", "uploadFiles", "PutAdditionalSellerNotificationRecipients")

FINANCE_WRITE = (
    _of(
        "aws-marketplace-management",
        "PutSellerVerificationDetails",
        "PutBankAccountVerificationDetails",
        "PutSecondaryUserVerificationDetails",
    )
    | _of(
        "payments", "CreatePaymentInstrument", "UpdatePaymentInstrument", "DeletePaymentInstrument"
    )
    | _of(
        "tax",
        "PutTaxInterview",
        "PutTaxRegistration",
        "BatchPutTaxRegistration",
        "DeleteTaxRegistration",
        "BatchDeleteTaxRegistration",
        "PutSupplementalTaxRegistration",
        "DeleteSupplementalTaxRegistration",
    )
    | _of(
        "aws-marketplace",
        "CreateVerificationEvidence",
        "UpdateVerificationEvidence",
        "StartVerification",
        "StartInvoiceSubmissionTask",
        "StartTaxComplianceProfileChangeTask",
    )
)

BUYER_SPEND = _of(
    "aws-marketplace",
    "Subscribe",
    "Unsubscribe",
    "CreateAgreementRequest",
    "AcceptAgreementRequest",
    "AcceptAgreementApprovalRequest",
    "AcceptAgreementPaymentRequest",
    "AcceptAgreementCancellationRequest",
    "CancelAgreement",
    "UpdatePurchaseOrders",
)

METER_SAAS = _of("aws-marketplace", "ResolveCustomer", "BatchMeterUsage", "GetEntitlements")
METER_AMI = _of("aws-marketplace", "MeterUsage")
METER_CONTAINER = _of("aws-marketplace", "RegisterUsage")
METER = METER_SAAS | METER_AMI | METER_CONTAINER

CAS_CALL = _of("marketplacecommerceanalytics", "GenerateDataSet")
PSC_CALL = _of("marketplacecommerceanalytics", "StartSupportDataExport")

ESCALATE = _of(
    "iam",
    "CreatePolicyVersion",
    "SetDefaultPolicyVersion",
    "AttachUserPolicy",
    "AttachGroupPolicy",
    "AttachRolePolicy",
    "PutUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "AddUserToGroup",
    "UpdateAssumeRolePolicy",
    "CreateAccessKey",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "DeleteUserPermissionsBoundary",
    "DeleteRolePermissionsBoundary",
)

AGREEMENTS = _of(
    "aws-marketplace",
    "SearchAgreements",
    "DescribeAgreement",
    "GetAgreementTerms",
    "SendAgreementPaymentRequest",
    "CancelAgreementPaymentRequest",
    "SendAgreementCancellationRequest",
    "CancelAgreementCancellationRequest",
    "BatchCreateBillingAdjustmentRequest",
)
"""Reading agreements and changing them, as proposer or as acceptor. None takes resources."""

QUEUE_READS = _of("sqs", "ReceiveMessage", "DeleteMessage")
LOG_CHANGES = _of(
    "cloudtrail",
    "StopLogging",
    "DeleteTrail",
    "UpdateTrail",
    "PutEventSelectors",
    "DeleteEventDataStore",
)

ASKED_OF_ALL = frozenset[str]().union(
    PORTAL_CORE,
    PORTAL_WRITE,
    FINANCE_WRITE,
    BUYER_SPEND,
    METER,
    CAS_CALL,
    PSC_CALL,
    ESCALATE,
    AGREEMENTS,
    QUEUE_READS,
    LOG_CHANGES,
    _of("iam", "CreateRole", "PassRole"),
)
"""What controls ask about every principal. It is looked up in one go, and questions about some of
it are answered from that."""

RETIRED = _of("aws-marketplace", "ListTasks", "DescribeTask", "UpdateTask", "CompleteTask")
LEGACY = _of("aws-marketplace-management", "viewMarketing", "viewSettings")
NEVER_EXISTED = _of("aws-marketplace", "ListEntity")

_WITHOUT_RESOURCES = {fold(name) for name in METER | CAS_CALL | PSC_CALL}
_SERVICES_WITHOUT_RESOURCES = ("aws-marketplace-management:", "marketplacecommerceanalytics:")


def has_resource_types(action: str) -> bool:
    """Say whether a statement can grant an action on named resources (R4, controls.md 1.4).

    False for metering, entitlement, Commerce Analytics, Support Connection and Management Portal
    actions: only a Resource that covers `*` grants them. True for all others, known or not.
    """
    folded = fold(action)
    return folded not in _WITHOUT_RESOURCES and not folded.startswith(_SERVICES_WITHOUT_RESOURCES)


def is_within(asked: frozenset[str], looked_up: frozenset[str]) -> bool:
    """Say whether an answer about the second set holds the answer about the first.

    With the portal's pattern a policy's other portal entries are reported, other than all that have
    a name here; so these must be asked about as well.
    """
    return asked <= looked_up and (PORTAL_PATTERN not in asked or asked >= PORTAL_MANAGEMENT)
