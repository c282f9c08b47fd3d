"""Agreement rights and their conditions."""

from __future__ import annotations

from scanner.policy import AGREEMENTS
from scanner.scope.proposing import agreement_grants, is_for_proposers, names_a_type
from tests.builders import denied
from tests.documents import a_policy, allow, allow_all_but, deny

SEARCH = "aws-marketplace:SearchAgreements"
PARTY, TYPE = "aws-marketplace:PartyType", "aws-marketplace:AgreementType"


def test_only_a_statement_on_everything_grants_them() -> None:
    assert agreement_grants(denied("iam:GetPolicy")) == ()
    assert agreement_grants(a_policy(allow(SEARCH, on="arn:aws:aws-marketplace:::x"))) == ()
    assert agreement_grants(a_policy(allow("*"))) == ()
    assert agreement_grants(a_policy(allow(SEARCH), deny(SEARCH))) == ()
    assert {one.action for one in agreement_grants(a_policy(allow_all_but("s3:*")))} == AGREEMENTS


def test_these_are_the_rights_on_agreements() -> None:
    assert {one.removeprefix("aws-marketplace:") for one in AGREEMENTS} == {
        *("SearchAgreements", "DescribeAgreement", "GetAgreementTerms"),
        *(
            f"{verb}Agreement{what}Request"
            for verb in ("Send", "Cancel")
            for what in ("Payment", "Cancellation")
        ),
        "BatchCreateBillingAdjustmentRequest",
    }


def test_the_conditions_of_the_guide_are_both() -> None:
    when = {"StringEquals": {PARTY: "Proposer"}, "ForAllValues:StringEquals": {TYPE: "x"}}
    (guide,) = a_policy(allow(SEARCH, when=when)).statements
    assert is_for_proposers(guide)
    assert names_a_type(guide)
    (bare,) = a_policy(allow(SEARCH)).statements
    assert not is_for_proposers(bare)
    assert not names_a_type(bare)
