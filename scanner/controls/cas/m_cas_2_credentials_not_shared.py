"""M-CAS-2: whoever finds a key of the reporting job in a repository gets all buyers' data."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.report_hints import has_callers, who_may_call

CONTROL = attested(
    module=__name__,
    title="Commerce Analytics credentials are not shared or published",
    statement="No credentials that can call GenerateDataSet stand in source code, images or"
    " documents, and nobody outside has any.",
    risk="Keys in a repository are found within minutes, and each call brings all buyers' data.",
    steps=(
        "See in the evidence who may make the call, and with how many access keys.",
        "Switch on secret scanning for every repository of the reporting job, with its history.",
        "Rotate each key that was found anywhere but in a secret store.",
        "Let the job run on a role (CAS-04), so that there is no key to lose.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide, Commerce Analytics Service",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/commerce-analytics-service.html",
        ),
    ),
    hint=who_may_call,
    applies=has_callers,
    not_applicable_because="Nobody but administrators may call GenerateDataSet, and no data set"
    " is delivered here.",
    reads=("iam.users", "iam.groups", "iam.roles", "iam.policies", "iam.report", "s3.buckets"),
)
