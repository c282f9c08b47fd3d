"""Row-level security lets no stranger through where the application would show everything."""

from __future__ import annotations

from tests.posture.matrix.asking import strangers
from tests.posture.matrix.companies import Companies
from tests.posture.matrix.looking import Watch
from tests.posture.matrix.walls import ALL, seen, without_access


def test_row_level_security_alone_lets_nothing_through(companies: Companies, watch: Watch) -> None:
    with without_access():
        wrong = [one for who in strangers(companies) for one in seen(watch, who, ALL)[0]]
    assert not wrong, "\n".join(wrong)
