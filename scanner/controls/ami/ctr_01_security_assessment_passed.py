"""CTR-01: AWS assesses the container images on sale, and its latest verdict has to be a pass that lasts.

A public product without any assessment on record fails low: the list was read whole, so nobody can
say that AWS passed what is on sale, but nothing shows a flaw in it either. Controls that a passed
assessment did not execute are not assessed by name.
"""

from __future__ import annotations

from scanner.control import Control, Reference
from scanner.controls.ami.ami_21_security_assessment_passed import check
from scanner.facts.snapshot import Snapshot
from scanner.remedy import Remedy
from scanner.scope.assessments import AssessedProduct, assessed_products
from scanner.scope.change_sets import CLI, NOT_DECLARED
from scanner.scope.products import Kind
from scanner.vocabulary import Listed, Severity


def resources(snapshot: Snapshot) -> Listed[AssessedProduct]:
    """All container products."""
    return assessed_products(snapshot, Kind.CONTAINER)


REMEDY = Remedy(
    summary="Read what AWS found in [[product]], mend it, and publish a new version.",
    minutes=240,
    console=(
        "In the Management Portal open Products, Container, [[product]], and read its latest"
        " security assessment: each control that failed has a code and a message.",
        "Build the container image anew on a current base image, as another user than root and"
        " without secrets, and push it to the repository that AWS Marketplace gave you.",
        "Add a version with the new image, and restrict the old one once the new one is public."
        " A new version is assessed anew, which also replaces an assessment that expires.",
    ),
    cli=f"""\
aws marketplace-catalog list-assessments --catalog AWSMarketplace --region us-east-1 --framework-id ContainerSecurity --assessment-target-filter EntityId=[[entity]] --output table
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
    title="Latest Container Security assessment of public products passed",
    severity=Severity.HIGH,
    risk="AWS Marketplace found a flaw in a container image that buyers run, and may take the product off"
    " sale.",
    remedy=REMEDY,
    references=(
        Reference(
            "AWS Marketplace Catalog API: DescribeAssessment",
            "https://docs.aws.amazon.com/marketplace/latest/APIReference/API_DescribeAssessment.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Container-based product requirements",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/container-product-policies.html",
        ),
    ),
    reads=("catalog.products",),
    not_applicable_because="The account has no container product.",
    resources=resources,
    check=check,
)
