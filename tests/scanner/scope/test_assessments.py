"""Which assessments of a product count, and what they leave open."""

from __future__ import annotations

import pytest

from scanner.facts.catalog import Assessment, Product, Version
from scanner.scope.assessments import AssessedProduct, _newest, assessed_products, review
from scanner.scope.products import Kind
from scanner.vocabulary import Listed, Partial, Severity, gaps, seen
from tests.builders import NOW, a_snapshot, days_ago, denied
from tests.builders_resources import a_product, an_assessment, an_option

LIST = denied("aws-marketplace:ListAssessments")
ENTITY = denied("aws-marketplace:DescribeEntity")
ONE, TWO = an_assessment(), an_assessment("asmt-2", option="do-2")


def a_listing(
    assessments: Listed[Assessment], versions: Listed[Version] = (), visibility: str = "Public"
) -> AssessedProduct:
    product = a_product(versions=versions, assessments=assessments, visibility=visibility)
    return AssessedProduct(product, Kind.AMI)


def version(*public: str, restricted: tuple[str, ...] = ()) -> Version:
    options = tuple(an_option(id=one) for one in public)
    options += tuple(an_option(id=one, visibility="Restricted") for one in restricted)
    return Version("version-1", "2.1", "", (), options)


@pytest.mark.parametrize(
    ("assessments", "versions", "judged"),
    [
        ((ONE, TWO), (), ["asmt-1", "asmt-2"]),
        ((ONE, an_assessment("asmt-3", created=days_ago(1))), (), ["asmt-3"]),
        ((ONE, TWO), (version("do-1"),), ["asmt-1"]),
        ((ONE, TWO), (version("do-1", restricted=("do-2",)),), ["asmt-1"]),
        ((ONE, TWO), (version("other"),), ["asmt-1", "asmt-2"]),
        ((ONE, TWO), ENTITY, ["asmt-1", "asmt-2"]),
        ((ONE, TWO), Partial((version("do-1"),), (ENTITY,)), ["asmt-1", "asmt-2"]),
        ((an_assessment(framework="ContainerSecurity@1.0"),), (), []),
    ],
)
def test_the_newest_of_each_option_that_buyers_can_get_counts(
    assessments: tuple[Assessment, ...], versions: Listed[Version], judged: list[str]
) -> None:
    found = review(a_listing(assessments, versions), NOW)
    assert [one.id for one in found.newest] == judged


def test_nothing_on_record_is_said_only_of_a_list_that_was_read_whole() -> None:
    assert [one.severity for one in review(a_listing(()), NOW).faults] == [Severity.LOW]
    unseen: tuple[Listed[Assessment], ...] = (LIST, Partial((), (LIST,)))
    for unread in unseen:
        found = review(a_listing(unread), NOW)
        assert (found.faults, found.hidden) == ((), (LIST,))


def test_products_of_the_kind_are_listed_with_their_gaps() -> None:
    container: Product = a_product(id="prod-2", type="ContainerProduct", visibility="Limited")
    refused = denied("aws-marketplace:ListEntities")
    snapshot = a_snapshot(products=Partial((a_product(), container), (refused,)))
    (one,) = seen(assessed_products(snapshot, Kind.CONTAINER))
    assert (one.key, one.framework, one.may_be_public) == (
        container.arn,
        "ContainerSecurity",
        False,
    )
    assert gaps(assessed_products(snapshot, Kind.AMI)) == (refused,)


def test_of_two_of_one_age_the_failed_one_counts_whatever_the_order() -> None:
    passed, failed = an_assessment("a"), an_assessment("b", result="FAIL")
    for listed in ((passed, failed), (failed, passed)):
        assert [one.id for one in _newest(listed)] == ["b"]
