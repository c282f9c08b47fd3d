"""Every route as everybody: what it answers, what it gives away, what it changes."""

from __future__ import annotations

import pytest

from tests.posture.matrix.asking import Who, ask, asks, everybody, expected, has_right
from tests.posture.matrix.companies import Companies
from tests.posture.matrix.looking import Watch
from tests.posture.matrix.routes import ROUTES, Route


@pytest.fixture(scope="module")
def people(companies: Companies) -> list[Who]:
    return everybody(companies)


def seen(watch: Watch, who: Who, route: Route, method: str) -> list[str]:
    """What is wrong with one request."""
    changed: list[str] = []
    try:
        answer = ask(who, route, method, looking=lambda: watch.over(changed))
    except Exception as error:  # noqa: BLE001 - whatever it raises is a finding of this request
        return [f"raised {error!r}"]
    wanted = expected(route, method, who)
    wrong = [] if answer.status in wanted else [f"{answer.status}, not {sorted(wanted)}"]
    wrong += [f"gave away {one}" for one in watch.leaks(answer, who)]
    in_right = has_right(route, method, who) and route.uses[method].changes
    if changed and not in_right:
        wrong.append(f"changed {', '.join(changed)}")
    if in_right and not changed:
        wrong.append("changed nothing")
    if any(watch.is_of_rival(one) for one in changed):
        wrong.append(f"changed rows of Rival: {', '.join(changed)}")
    return wrong


def test_everybody_gets_what_the_table_says_and_nothing_of_others(
    people: list[Who], watch: Watch
) -> None:
    wrong = [
        f"{route.name} {method} as {who.name}: {one}"
        for route in ROUTES
        for method in route.uses
        for who in people
        if asks(who, route, method)
        for one in seen(watch, who, route, method)
    ]
    assert not wrong, "\n".join(wrong)
