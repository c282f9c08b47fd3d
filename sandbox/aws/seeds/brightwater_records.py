"""The reports and logs of Brightwater Labs, and who hears of what."""

from sandbox.aws.seeds.documents import (
    CAS_ACCOUNT,
    account_root,
    allow,
    cas_delivery,
    trusts,
    trusts_service,
)
from sandbox.aws.seeds.keeping import (
    alert,
    bucket,
    key,
    lets_in,
    lock,
    log_group,
    takes_logs,
    tls_only,
    topic,
)
from sandbox.aws.seeds.making import Maker
from sandbox.aws.state import EventDataStore, Trail

REPORTS = "brightwater-marketplace-reports"
LOGS = "brightwater-audit-logs"
TRAIL = "brightwater-audit"

_ROOT = '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) && ($.eventType != "AwsServiceEvent") }'
_TRAILS = '{ ($.eventSource = "cloudtrail.amazonaws.com") && (($.eventName = "StopLogging") || ($.eventName = "DeleteTrail") || ($.eventName = "UpdateTrail") || ($.eventName = "PutEventSelectors")) }'
_GRANTS = (
    "PutUserPolicy", "PutGroupPolicy", "PutRolePolicy", "CreatePolicyVersion",
    "AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy",
)  # fmt: skip


def sow(maker: Maker) -> None:
    """Make buckets, topics, the trail and the alarms."""
    _commerce_analytics(maker)
    _trail(maker)
    _alerts(maker)


def _commerce_analytics(maker: Maker) -> None:
    sealed = key(maker, "0b419470-0000-4000-8000-000000000002", "Marketplace reports")
    bucket(maker, REPORTS, tls_only(REPORTS), key=sealed)
    reports = topic(maker, "marketplace-reports", KmsMasterKeyId=sealed)
    use = {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": sealed}
    maker.role(
        "MarketplaceCommerceAnalyticsRole", used=6, trust=trusts(account_root(CAS_ACCOUNT), external_id="brightwater-cas"),
        inline={"deliver": cas_delivery(REPORTS, reports, use)},
    )  # fmt: skip


def _trail(maker: Maker) -> None:
    arn = maker.trail_arn(TRAIL)
    sealed = key(
        maker, "0b419470-0000-4000-8000-000000000003", "Audit logs",
        lets_in("cloudtrail.amazonaws.com", "kms:GenerateDataKey*", "kms:DescribeKey", source=arn),
    )  # fmt: skip
    bucket(maker, LOGS, *takes_logs(maker, LOGS, TRAIL), tls_only(LOGS), key=sealed)
    lock(maker, LOGS, 400)
    group = log_group(maker, TRAIL)
    writer = maker.role(
        "BrightwaterTrailToLogs", used=0, trust=trusts_service("cloudtrail.amazonaws.com", maker.account),
        inline={"write": allow("logs:CreateLogStream", "logs:PutLogEvents", resource=group)},
    )  # fmt: skip
    maker.state.trails.append(
        Trail(
            TRAIL, arn, bucket=LOGS, multi_region=True, kms_key=sealed, log_group_arn=group, log_role_arn=writer,
        )
    )  # fmt: skip
    lake = f"arn:aws:cloudtrail:us-east-1:{maker.account}:eventdatastore/0b419470-0000-4000-8000-000000000004"
    everything = {
        "Name": "all",
        "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
    }
    maker.state.data_stores.append(EventDataStore(lake, "brightwater-lake", selectors=[everything]))


def _alerts(maker: Maker) -> None:
    """Alarms on what the trail writes, and a rule on what the catalog tells itself."""
    desk = topic(maker, "security-desk")
    maker.subscribe(desk, "email", "security@example.com")
    grants = " || ".join(f'($.eventName = "{name}")' for name in _GRANTS)
    alert(maker, "root-used", TRAIL, _ROOT, desk)
    alert(maker, "trail-changed", TRAIL, _TRAILS, desk)
    alert(maker, "rights-granted", TRAIL, f"{{ {grants} }}", desk)
    catalog = {
        "source": ["aws.marketplacecatalog"],
        "detail-type": ["Change Set Succeeded", "Change Set Failed", "Change Set Cancelled", "Products Security Report Created"],
    }  # fmt: skip
    maker.rule("catalog-news", catalog, desk)
