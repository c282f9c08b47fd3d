"""The organisation is read, and an account that stands alone is no gap."""

from __future__ import annotations

import pytest

from scanner.aws import Kind, Trouble
from scanner.collect import organizations
from scanner.facts.organizations import Organization
from scanner.vocabulary import Unobserved
from tests.fakes import DENIED, FakeAws, Reply

ARN = "arn:aws:organizations::444455556666:organization/o-a1b2c3d4e5"
SAID = {"Id": "o-a1b2c3d4e5", "Arn": ARN, "MasterAccountId": "444455556666", "FeatureSet": "ALL"}


def read(reply: Reply) -> object:
    return organizations.collect(FakeAws({organizations.DESCRIBE: reply})).organization


def test_a_member_knows_its_organisation() -> None:
    assert read({"Organization": SAID}) == Organization("o-a1b2c3d4e5", ARN, "444455556666")


def test_an_account_that_stands_alone_has_none() -> None:
    assert read(Trouble("AWSOrganizationsNotInUseException", Kind.OTHER)) is None


def test_a_refused_call_is_unobserved() -> None:
    gap = Unobserved(organizations.DESCRIBE, "AccessDenied", "", DENIED.detail)
    assert read(DENIED) == gap


@pytest.mark.parametrize("said", [{}, {"Organization": {}}, {"Organization": None}])
def test_an_odd_answer_is_a_gap(said: dict[str, object]) -> None:
    gap = read(said)
    assert isinstance(gap, Unobserved)
    assert (gap.action, gap.error) == (organizations.DESCRIBE, "BadAnswer")
