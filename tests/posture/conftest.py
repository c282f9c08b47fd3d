"""Two companies for every test: Acme, whom it is about, and Rival, who may see nothing of it."""

import pytest

from posture.models import Account, Organisation
from tests.posture.rows import an_account, an_organisation


@pytest.fixture
def acme(db: None) -> Organisation:
    """The organisation that most tests are about."""
    return an_organisation("Acme")


@pytest.fixture
def rival(db: None) -> Organisation:
    """Another company, whose rows nobody of Acme may see."""
    return an_organisation("Rival")


@pytest.fixture
def account(acme: Organisation) -> Account:
    """A connected account of Acme."""
    return an_account(acme)
