"""The fake AWS's own answers, one module per service and subject; moto answers the rest."""

from moto.backends import list_of_moto_modules

from sandbox.aws.answers import (
    catalog,
    catalog_changes,
    catalog_reviews,
    cloudtrail,
    cloudtrail_events,
    cloudwatch,
    ec2_account,
    ec2_changes,
    ec2_images,
    ec2_instances,
    ec2_snapshots,
    events,
    iam_account,
    iam_details,
    iam_policies,
    kms,
    kms_states,
    logs,
    organizations,
    s3,
    s3control,
    sns,
    sqs,
    sts,
)
from sandbox.aws.asking import Ask, Handler

_BY_SERVICE: dict[str, dict[str, Handler]] = {
    "account": organizations.ACCOUNT,
    "cloudtrail": cloudtrail.ANSWERS | cloudtrail_events.ANSWERS,
    "cloudwatch": cloudwatch.ANSWERS,
    "ec2": (
        ec2_account.ANSWERS
        | ec2_changes.ANSWERS
        | ec2_images.ANSWERS
        | ec2_instances.ANSWERS
        | ec2_snapshots.ANSWERS
    ),
    "events": events.ANSWERS,
    "iam": iam_account.ANSWERS | iam_details.ANSWERS | iam_policies.ANSWERS,
    "kms": kms.ANSWERS | kms_states.ANSWERS,
    "logs": logs.ANSWERS,
    "marketplace-catalog": catalog.ANSWERS | catalog_changes.ANSWERS | catalog_reviews.ANSWERS,
    "organizations": organizations.ORGANIZATIONS,
    "s3": s3.ANSWERS,
    "s3control": s3control.ANSWERS,
    "sns": sns.ANSWERS,
    "sqs": sqs.ANSWERS,
    "sts": sts.ANSWERS,
}
# Services kept here whole: moto would answer from a state that nobody filled.
_OURS = {
    "account", "cloudtrail", "marketplace-catalog", "organizations", "s3control", "sns", "sqs", "sts",
}  # fmt: skip


def handler_for(service: str, operation: str) -> Handler | None:
    """Our handler of a call, if we have one."""
    return _BY_SERVICE.get(service, {}).get(operation)


def require_reachable(ask: Ask) -> None:
    """Raise ApiError when the service does not answer for what is asked about at this place."""
    if ask.service == "s3":
        s3.require_reachable(ask)


def moto_may_answer(service: str) -> bool:
    """Whether a call without a handler of ours goes to moto: where moto has the service and the state is moto's."""
    module = {"lambda": "awslambda"}.get(service, service.replace("-", ""))
    return service not in _OURS and module in list_of_moto_modules()


def own_calls() -> list[tuple[str, str]]:
    """Every (service, operation) that we answer ourselves."""
    return [(service, operation) for service, table in _BY_SERVICE.items() for operation in table]
