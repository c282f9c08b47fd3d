"""M-CAS-1: what Commerce Analytics tells of buyers is confidential by AWS's terms."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.report_hints import takes_reports

CONTROL = attested(
    module=__name__,
    title="Commerce Analytics data is used as the terms allow",
    statement="Data sets and data feeds are used only as AWS's terms allow, are shown to nobody"
    " outside, and are not used to draw buyers away from AWS Marketplace.",
    risk="AWS may end the seller's access, and buyers' data is in the wrong hands.",
    steps=(
        "Read the terms of the Commerce Analytics Service with those who work with the data.",
        "List who gets data sets, feeds or reports made of them, inside and outside the company.",
        "Stop every use that the terms do not allow, above all offers to these buyers elsewhere.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide, Commerce Analytics Service",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/commerce-analytics-service.html",
        ),
    ),
    applies=takes_reports,
    not_applicable_because="No data set or data feed of AWS Marketplace is delivered here.",
    reads=("iam.roles", "iam.groups", "iam.policies", "s3.buckets"),
)
