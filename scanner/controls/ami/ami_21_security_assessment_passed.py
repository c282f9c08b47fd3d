"""AMI-21: AWS assesses the images on sale, and its latest verdict has to be a pass that lasts.

A public product without any assessment on record fails low: the list was read whole, so nobody can
say that AWS passed what is on sale, but nothing shows a flaw in it either. Controls that a passed
assessment did not execute are not assessed by name.
"""

from __future__ import annotations

from scanner.control import (
    Control,
    Reference,
    Verdict,
    all_faults,
    failed,
    not_applicable,
    not_assessed,
    passed,
)
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.assessments import AssessedProduct, assessed_products, review
from scanner.scope.change_sets import CLI, NOT_DECLARED, new_version
from scanner.scope.products import Kind
from scanner.vocabulary import Listed, Severity


def resources(snapshot: Snapshot) -> Listed[AssessedProduct]:
    """All AMI products."""
    return assessed_products(snapshot, Kind.AMI)


def check(one: AssessedProduct, snapshot: Snapshot) -> Verdict:
    """A failed assessment is high; what was not read may be one, so a milder fault alone is open."""
    if not one.may_be_public:
        return not_applicable(f"{one.name} is {one.product.visibility}, not public.")
    found = review(one, snapshot.now)
    values = {
        "product": one.name,
        "entity": one.product.id,
        "change_set": new_version(one.product.id, one.kind),
    }
    faults = [
        failed(fault.reason, *found.evidence, severity=fault.severity, values=values)
        for fault in found.faults
    ]
    missing = found.hidden if faults else (*found.hidden, *found.missing)
    if missing and not any(fault.severity is Severity.HIGH for fault in faults):
        return not_assessed(missing[0].sentence(), *missing, evidence=found.evidence)
    why = f"The latest {one.framework} assessments of {one.name} passed and stay valid."
    return all_faults(faults, passed(why, *found.evidence))


REMEDY = Remedy(
    summary="Read what AWS found in [[product]], mend it, and publish a new version.",
    minutes=240,
    console=(
        "In the Management Portal open Products, Server, [[product]], and read its latest security"
        " assessment: each control that failed has a code and a message.",
        "Build the image anew without the flaw (updates, no passwords, no keys), and test the new"
        " version before you submit it.",
        "Add a version with the new image, and restrict the old one once the new one is public."
        " A new version is assessed anew, which also replaces an assessment that expires.",
    ),
    cli=f"""\
aws marketplace-catalog list-assessments --catalog AWSMarketplace --region us-east-1 --framework-id AMISecurity --assessment-target-filter EntityId=[[entity]] --output table
# describe-assessment with an AssessmentId of that list names the controls that failed.
{CLI}""",
    breaks=(
        "Buyers get a new version; what they run of the old one stays until they update.",
        "Restricting the old version needs 90 days of support for those who have it.",
    ),
    way_back="Restrict the new version; the old one stays as it was.",
    without=NOT_DECLARED,
)

CONTROL = Control(
    module=__name__,
    title="Latest AMI Security assessment of public products passed",
    severity=Severity.HIGH,
    risk="AWS Marketplace found a flaw in an image that buyers run, and may take the product off sale.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Catalog API: DescribeAssessment",
            "https://docs.aws.amazon.com/marketplace/latest/APIReference/API_DescribeAssessment.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: AMI-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/product-and-ami-policies.html",
        ),
    ),
    reads=("catalog.products",),
    not_applicable_because="The account has no AMI product.",
    resources=resources,
    check=check,
)
