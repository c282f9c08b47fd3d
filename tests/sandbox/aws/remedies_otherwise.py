"""Faults that a remedy ends by other commands than those its first scenario runs, by control and what is the matter."""

from __future__ import annotations

import json

from sandbox.aws.seeds.documents import allow, policy, queue_arn, trusts, trusts_service
from sandbox.aws.seeds.making import HOME, Key
from sandbox.aws.state import EventDataStore
from tests.sandbox.aws.remedies_account import (
    ACCOUNT,
    AWS,
    CONSUMER,
    DEAD,
    DELIVERY,
    EVENTS,
    INGESTION,
    LAMBDA,
    LOGS,
    PUBLISHER,
    READERS,
    REPORTS,
    ROOT,
    SAAS_METERING,
    STRANGER,
    TOPIC,
    Account,
    lets,
    role_arn,
)
from tests.sandbox.aws.remedies_things import LOGS_ARN, QUEUE_ARN, REPORTS_ARN

BOT = f"arn:aws:iam::{ACCOUNT}:user/bot"


def forgotten_role(account: Account) -> str:
    attached = (f"{AWS}AWSMarketplaceSellerOfferManagement",)
    return account.make.role("Offers", days=200, trust=trusts(ROOT), attached=attached)


def everything_inline_in_a_group(account: Account) -> str:
    account.make.group("everything", inline={"all": allow("aws-marketplace:*")})
    account.ask("iam", "add_user_to_group", GroupName="everything", UserName="ana.lind")
    return f"arn:aws:iam::{ACCOUNT}:group/everything#inline-policy/all"


def workload_with_full_access_by_group(account: Account) -> str:
    account.make.group("machines", attached=(f"{AWS}AWSMarketplaceSellerFullAccess",))
    account.make.user("bot", keys=(Key(10, 1),), groups=("machines",))
    return BOT


def pipeline_in_a_group(account: Account) -> str:
    arn = account.make.policy("changes", allow("aws-marketplace:StartChangeSet"))
    account.make.group("publishers", attached=(arn,))
    account.make.user("bot", keys=(Key(10, 1),), groups=("publishers",))
    account.ask("iam", "add_user_to_group", GroupName="publishers", UserName="ana.lind")
    return BOT


def administrator(account: Account) -> str:
    return account.attach(PUBLISHER, f"{AWS}AdministratorAccess")


def administrator_by_group(account: Account) -> str:
    account.make.group("admins", attached=(f"{AWS}AdministratorAccess",))
    account.make.user("eve", password=3, mfa=True, groups=("admins",))
    return f"arn:aws:iam::{ACCOUNT}:user/eve"


def offers_by_a_pipeline(account: Account) -> str:
    attached = (f"{AWS}AWSMarketplaceSellerOfferManagement",)
    trust = trusts_service("codebuild.amazonaws.com", ACCOUNT)
    return account.make.role("Pipeline", used=1, trust=trust, attached=attached)


def call_with_a_key(account: Account) -> str:
    document = allow("marketplacecommerceanalytics:GenerateDataSet")
    account.make.user("bot", keys=(Key(200, 1),), inline={"call": document})
    return BOT


def delivery_sees_instances(account: Account) -> str:
    return account.attach(DELIVERY, f"{AWS}AmazonEC2ReadOnlyAccess")


def delivery_beside_other_rights(account: Account) -> str:
    document = allow(
        "iam:CreateRole",
        "iam:CreatePolicy",
        "iam:AttachRolePolicy",
        "aws-marketplace-management:viewReports",
        "s3:ListAllMyBuckets",
    )
    return account.make.role(
        "Enrolment", used=1, trust=LAMBDA, attached=(account.make.policy("enrol", document),)
    )


def reports_public(account: Account) -> str:
    account.ask("s3", "delete_public_access_block", Bucket=REPORTS)
    reads = lets(ACCOUNT, "s3:GetObject", f"{REPORTS_ARN}/*") | {"Principal": "*"}
    document = policy(*_stated(account, REPORTS), reads)
    account.ask("s3", "put_bucket_policy", Bucket=REPORTS, Policy=json.dumps(document))
    return REPORTS_ARN


def _stated(account: Account, bucket: str) -> list[dict[str, object]]:
    held = account.ask("s3", "get_bucket_policy", Bucket=bucket)["Policy"]
    stated: list[dict[str, object]] = json.loads(held)["Statement"]
    return stated


def reports_key_about_to_go(account: Account) -> str:
    key = _key_of_reports(account, role_arn(DELIVERY))
    account.ask("kms", "schedule_key_deletion", KeyId=key)
    return REPORTS_ARN


def reports_key_keeps_delivery_out(account: Account) -> str:
    _key_of_reports(account)
    return REPORTS_ARN


def _key_of_reports(account: Account, *users: str) -> str:
    may_use = lets(ACCOUNT, "kms:*", "*")
    may_use["Principal"] = {"AWS": [ROOT, *users]}
    document = json.dumps(policy(may_use))
    key: str = account.ask("kms", "create_key", Policy=document)["KeyMetadata"]["Arn"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    encryption = {"Rules": rules}
    account.ask(
        "s3",
        "put_bucket_encryption",
        Bucket=REPORTS,
        ServerSideEncryptionConfiguration=encryption,
    )
    return key


def topic_heard_by_a_stranger(account: Account) -> str:
    account.make.subscribe(TOPIC, "http", "http://hooks.example.com/reports")
    return TOPIC


def nothing_subscribed(account: Account) -> str:
    account.home.subscriptions = {
        arn: one for arn, one in account.home.subscriptions.items() if one.protocol == "email"
    }
    return f"{ROOT}@{HOME}"


def everybody_may_do_everything(account: Account) -> str:
    account.set_policy(DEAD, lets(ACCOUNT, "sqs:*", queue_arn(ACCOUNT, DEAD)) | {"Principal": "*"})
    return queue_arn(ACCOUNT, DEAD)


def organisation_receives(account: Account) -> str:
    receives = lets(ACCOUNT, "sqs:ReceiveMessage", queue_arn(ACCOUNT, DEAD))
    receives["Principal"] = {"AWS": ["*", f"arn:aws:iam::{ACCOUNT}:root"]}
    receives["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-foreign1234"}}
    account.set_policy(DEAD, receives)
    return queue_arn(ACCOUNT, DEAD)


def key_of_aws(account: Account) -> str:
    account.home.queues[EVENTS].attributes["KmsMasterKeyId"] = "alias/aws/sqs"
    return QUEUE_ARN


def consumer_by_a_policy_of_aws(account: Account) -> str:
    return account.attach(CONSUMER, f"{AWS}AmazonSQSFullAccess")


def people_meter_by_group(account: Account) -> str:
    arn = account.make.policy("records", allow(*SAAS_METERING))
    account.ask("iam", "attach_group_policy", GroupName=READERS, PolicyArn=arn)
    return f"arn:aws:iam::{ACCOUNT}:user/ana.lind"


def nobody_ingests(account: Account) -> str:
    account.ask(
        "iam",
        "detach_role_policy",
        RoleName=INGESTION,
        PolicyArn=f"{AWS}AWSMarketplaceAmiIngestion",
    )
    account.ask("iam", "delete_role", RoleName=INGESTION)
    return f"{ROOT}#ingestion/ami"


def no_trail(account: Account) -> str:
    account.state.trails.clear()
    return ROOT


def bucket_of_logs_gone(account: Account) -> str:
    account.trail.bucket = "fernhill-logs-gone"
    return account.trail.arn


def key_of_logs_about_to_go(account: Account) -> str:
    account.ask("kms", "schedule_key_deletion", KeyId=account.trail.kms_key)
    return account.trail.arn


def any_trail_writes_logs(account: Account) -> str:
    writes = lets(ACCOUNT, "s3:PutObject", f"{LOGS_ARN}/*")
    writes["Principal"] = {"Service": "cloudtrail.amazonaws.com"}
    document = policy(*_stated(account, LOGS), writes)
    account.ask("s3", "put_bucket_policy", Bucket=LOGS, Policy=json.dumps(document))
    return LOGS_ARN


def any_trail_and_config_write_logs(account: Account) -> str:
    writes = lets(ACCOUNT, "s3:PutObject", f"{LOGS_ARN}/*")
    writes["Principal"] = {"Service": ["cloudtrail.amazonaws.com", "config.amazonaws.com"]}
    document = policy(*_stated(account, LOGS), writes)
    account.ask("s3", "put_bucket_policy", Bucket=LOGS, Policy=json.dumps(document))
    return LOGS_ARN


def bucket_lets_logs_be_deleted(account: Account) -> str:
    document = policy(*_stated(account, LOGS), lets(STRANGER, "s3:DeleteObject", f"{LOGS_ARN}/*"))
    account.ask("s3", "put_bucket_policy", Bucket=LOGS, Policy=json.dumps(document))
    return LOGS_ARN


def logs_may_be_deleted(account: Account) -> str:
    arn = account.make.policy("tidy", allow("s3:DeleteObject", resource=f"{LOGS_ARN}/*"))
    account.attach(CONSUMER, arn)
    return LOGS_ARN


def logs_of_a_lake_go_too_soon(account: Account) -> str:
    arn = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:eventdatastore/0fe12411-0000-4000-8000-000000000001"
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}]
    account.state.trails.clear()
    account.state.data_stores.append(
        EventDataStore(
            arn, "lake", retention_days=30, protected=False, selectors=[{"FieldSelectors": fields}]
        )
    )
    return arn


def nobody_alerted_by_a_log_group(account: Account) -> str:
    account.ask("logs", "create_log_group", logGroupName="audit")
    account.trail.log_group_arn = f"arn:aws:logs:{HOME}:{ACCOUNT}:log-group:audit:*"
    for rule in ("root", "iam", "cloudtrail", "marketplacecatalog"):
        account.ask("events", "remove_targets", Rule=rule, Ids=["target"])
    return ROOT


FAULTS = {
    "AMMP-08 forgotten role": forgotten_role,
    "SELL-01 inline in a group": everything_inline_in_a_group,
    "SELL-02 by group": workload_with_full_access_by_group,
    "SELL-07 by group": pipeline_in_a_group,
    "SELL-07 by a policy of AWS": offers_by_a_pipeline,
    "SELL-09 administrator": administrator,
    "SELL-09 by group": administrator_by_group,
    "CAS-03 by a policy of AWS": delivery_sees_instances,
    "CAS-04 with a key": call_with_a_key,
    "CAS-05 beside other rights": delivery_beside_other_rights,
    "CAS-06 public": reports_public,
    "CAS-07 key about to go": reports_key_about_to_go,
    "CAS-07 key keeps delivery out": reports_key_keeps_delivery_out,
    "CAS-09 plain HTTP": topic_heard_by_a_stranger,
    "SQS-01 nothing subscribed": nothing_subscribed,
    "SQS-03 everybody": everybody_may_do_everything,
    "SQS-03 a foreign organisation": organisation_receives,
    "SQS-05 key of AWS": key_of_aws,
    "SQS-06 by a policy of AWS": consumer_by_a_policy_of_aws,
    "MTR-03 by group": people_meter_by_group,
    "AMI-10 nobody": nobody_ingests,
    "CT-01 no trail": no_trail,
    "CT-04 bucket gone": bucket_of_logs_gone,
    "CT-05 key about to go": key_of_logs_about_to_go,
    "CT-06 any trail": any_trail_writes_logs,
    "CT-06 any trail and Config": any_trail_and_config_write_logs,
    "CT-07 may be deleted": logs_may_be_deleted,
    "CT-07 by the bucket policy": bucket_lets_logs_be_deleted,
    "CT-07 event data store": logs_of_a_lake_go_too_soon,
    "CT-08 log group": nobody_alerted_by_a_log_group,
}
