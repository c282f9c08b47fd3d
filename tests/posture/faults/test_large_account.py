"""An account with thousands of roles goes through a worker in one attempt, with a short lease.

FAULT_ROLES says how many roles; `bin/long roles` takes 5,000. A few a page make many pages of few.
"""

import os
from typing import TYPE_CHECKING

import pytest

from posture.scans import stored_json
from sandbox.aws.seeds import many
from scanner.facts.codec import load
from tests.posture.faults.scans import (
    a_small_seller,
    ask,
    assert_recorded_once,
    is_over,
    reread,
)
from tests.posture.rows import an_organisation
from tests.posture.workers import Worker, wait_until

if TYPE_CHECKING:
    from sandbox.aws.client import FakeAws

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = int(os.environ.get("FAULT_ROLES", "120"))
PAGES = 12


def test_every_role_of_a_large_account_is_read_in_one_attempt(
    fake_aws: "FakeAws", worker: Worker
) -> None:
    fake_aws.seed("many", users=5, roles=ROLES)
    fake_aws.force_pages({"iam:GetAccountAuthorizationDetails": ROLES // PAGES})
    seller = a_small_seller(fake_aws, an_organisation("Many"), many.ACCOUNT)
    scan = ask(seller)
    wait_until(is_over(scan), worker.last_words)
    row = reread(scan)
    assert (row.attempt, row.fence) == (1, 1)
    assert row.snapshot is not None
    roles = load(stored_json(row.snapshot)).iam.roles
    assert len(roles) == ROLES + 1  # type: ignore[arg-type] # read whole; ours is one more
    pages = len(fake_aws.calls("iam:GetAccountAuthorizationDetails"))
    assert pages >= PAGES
    assert_recorded_once(scan)
