"""Icons and words."""

from xml.etree import ElementTree

import pytest
from django.template import Context, Template

from posture.models import LeaseState, SeverityChoice, StatusChoice
from posture.models.account import Account
from posture.models.finding import FindingState
from posture.templatetags.marks import LOOKS, LUCIDE_SHAPES, OWN_SHAPES, WORDS, sprite


def test_every_state_that_a_row_can_have_has_a_word_and_an_icon() -> None:
    states = [*LeaseState, *StatusChoice, *Account.State, *FindingState]
    for state in [*(one.value for one in states), "waiting", "reading", "read", "gaps", "failed"]:
        assert state in WORDS
        assert LOOKS.get(state, state) in LUCIDE_SHAPES.keys() | OWN_SHAPES.keys()


@pytest.mark.parametrize("severity", [one.value for one in SeverityChoice])
def test_severity_is_icon_and_word(severity: str) -> None:
    page = Template("{% load marks %}{% severity name %}").render(Context({"name": severity}))
    assert f'<use href="#i-{severity}">' in page
    assert severity.capitalize() in page


def test_a_count_stands_before_the_word() -> None:
    assert "3 high" in Template('{% load marks %}{% severity "high" 3 %}').render(Context())


def test_a_word_that_nobody_knows_is_escaped_and_has_an_icon() -> None:
    page = Template("{% load marks %}{% state name %}").render(Context({"name": "<b>new_thing"}))
    assert "&lt;b&gt;new thing" in page
    assert 'href="#i-none"' in page


def test_green_is_only_for_what_was_checked_and_passed() -> None:
    green = {state for state in WORDS if LOOKS.get(state, state) == "pass"}
    assert green == {"pass", "ok", "resolved"}


def test_the_sprite_holds_every_icon_once_and_is_well_formed() -> None:
    tree = ElementTree.fromstring(str(sprite()))  # noqa: S314 - our own text
    names = [symbol.attrib["id"] for symbol in tree.iter("symbol")]
    assert sorted(names) == sorted(f"i-{one}" for one in OWN_SHAPES.keys() | LUCIDE_SHAPES.keys())
    assert all(len(symbol) for symbol in tree.iter("symbol"))
