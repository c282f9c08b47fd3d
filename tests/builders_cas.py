"""Builders of an account that is enrolled in Commerce Analytics: role, bucket and topic."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.facts.iam import Role
from scanner.facts.profile import CAS_ACCOUNT
from scanner.policy import Policy
from scanner.vocabulary import HOME_REGION, Observed
from tests.builders import OWN, Inline, a_role
from tests.documents import Document, a_policy, allow, trust

BUCKET = "larkfield-reports"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
TOPIC_NAME = "mp-reports"
TOPIC = f"arn:aws:sns:{HOME_REGION}:{OWN}:{TOPIC_NAME}"
CAS = f"arn:aws:iam::{CAS_ACCOUNT}:root"
REPORTS = {"Service": "reports.marketplace.amazonaws.com"}
FROM_US = {"StringEquals": {"aws:SourceAccount": OWN}}


def a_delivery(bucket: str = BUCKET, topic: str = TOPIC) -> Sequence[Document]:
    """The statements that AWS documents for the delivery role."""
    return (
        allow("s3:PutObject", on=f"arn:aws:s3:::{bucket}/*"),
        allow("s3:GetBucketLocation", on=f"arn:aws:s3:::{bucket}"),
        allow("sns:Publish", "sns:GetTopicAttributes", on=topic),
    )


def a_delivery_role(
    *statements: Document,
    name: str = "cas",
    trusted: Observed[Policy] | Document | None = None,
    inline: Inline | None = None,
    boundary: str = "",
) -> Role:
    """A role that AWS's Commerce Analytics account assumes, to deliver to one bucket and topic."""
    return a_role(
        name,
        trusted=trust(CAS) if trusted is None else trusted,
        inline=inline or {"deliver": a_policy(*(statements or a_delivery()))},
        boundary=boundary,
    )
