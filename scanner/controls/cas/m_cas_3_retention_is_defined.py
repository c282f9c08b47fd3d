"""M-CAS-3: reports that are kept for ever are leaked some day."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.report_hints import how_long_kept, takes_reports

CONTROL = attested(
    module=__name__,
    title="Retention of reports and feeds is defined",
    statement="It is written down how long data sets and data feeds are kept, and they are deleted"
    " then, copies included.",
    risk="Data about buyers piles up, and a leak shows years of it.",
    steps=(
        "See in the evidence what the lifecycle rules of the buckets do now.",
        "Decide with finance and data protection how long each kind of report is needed.",
        "Give each bucket a lifecycle rule that deletes after that time, noncurrent versions too.",
        "Treat copies in warehouses, dashboards and mailboxes alike.",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide, Data feed details"),
        Reference(
            "Amazon S3 user guide, Managing the lifecycle of objects",
            "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
        ),
    ),
    hint=how_long_kept,
    applies=takes_reports,
    not_applicable_because="No data set or data feed of AWS Marketplace is delivered here.",
    reads=("iam.roles", "iam.groups", "iam.policies", "s3.buckets"),
)
