"""What is sold is what the catalog lists or the profile names; a refused catalog hides it."""

from __future__ import annotations

import pytest

from scanner.facts.profile import Profile
from scanner.scope.products import Kind, says_so, sells
from scanner.vocabulary import HOME_REGION
from tests.builders import a_snapshot, denied

REFUSED = denied("aws-marketplace:ListEntities", HOME_REGION)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("saas_subscription", Kind.SAAS),
        ("saas_contract", Kind.SAAS),
        ("saas_contract_usage", Kind.SAAS),
        ("ami", Kind.AMI),
        ("container", Kind.CONTAINER),
    ],
)
def test_each_answer_of_the_profile_is_one_kind(answer: str, kind: Kind) -> None:
    snapshot = a_snapshot(profile=Profile(product_types=(answer,)), products=REFUSED)
    assert [one for one in Kind if says_so(snapshot, one)] == [kind]
    assert sells(snapshot, kind) is True
