"""The select of time zones says what Django's own select would."""

from typing import Any

import pytest
from django import forms

from posture.web.forms import LongSelect, ScheduleForm

CHOICES = [("", "None"), ("a<b", 'A "b"'), ("Europe/Berlin", "Europe/Berlin"), ("3", "Three")]


@pytest.mark.parametrize("value", [None, "", "a<b", "Europe/Berlin", 3, "elsewhere"])
@pytest.mark.parametrize("attrs", [{}, {"id": "id_zone", "aria-invalid": "true", "class": "a{0}"}])
def test_it_is_written_like_a_plain_select(value: Any, attrs: dict[str, str]) -> None:
    """Escaped the same, with the same option chosen."""
    plain = forms.Select(choices=CHOICES).render("zone", value, attrs)

    assert LongSelect(choices=CHOICES).render("zone", value, attrs) == plain


def test_a_zone_that_is_stored_under_an_old_name_stays_chosen() -> None:
    """It is added to the choices, so that saving the form does not move the schedule."""
    page = str(ScheduleForm(initial={"zone": "US/Eastern"})["zone"])

    assert '<option value="US/Eastern" selected>US/Eastern</option>' in page
    assert page.count(" selected>") == 1
