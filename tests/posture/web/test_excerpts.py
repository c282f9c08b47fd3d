"""Documents with their offending lines."""

from html import unescape

import pytest
from django.template import Context, Template

from posture.templatetags.excerpts import LINES_AT_MOST, marked_lines, named_ranges


def test_the_lines_of_a_range_are_marked() -> None:
    lines = marked_lines("a\nb\nc\nd\n", [[2, 3]])
    assert [(line.text, line.fault) for line in lines] == [
        ("a", False),
        ("b", True),
        ("c", True),
        ("d", False),
    ]


def test_separators_that_only_unicode_knows_do_not_shift_the_marks() -> None:
    lines = marked_lines("a\u2028b\x0bc\nd", [[2, 2]])
    assert [(line.text, line.fault) for line in lines] == [
        ("a\u2039U+2028\u203ab\u240bc", False),
        ("d", True),
    ]


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ([], ""),
        ([[4, 4]], "Line 4"),
        ([[11, 17]], "Lines 11\u201317"),
        ([[1, 2], [20, 20]], "Lines 1\u20132, 20"),
        ([[]], ""),
    ],
)
def test_the_note_names_the_lines(faults: list[list[int]], words: str) -> None:
    assert named_ranges(faults) == words


def test_a_block_gives_back_its_text_when_it_is_copied() -> None:
    text = '{\n  "Sid": "<b>"\n}'
    page = Template(
        '{% load excerpts %}{% code_block text "Policy" faults=faults note="Too wide." %}'
    ).render(Context({"text": text, "faults": [[2, 2]]}))
    inside = page.partition("<code>")[2].partition("</code>")[0]
    for tag in ('<span class="code-line">', '<span class="code-line code-fault">', "</span>"):
        inside = inside.replace(tag, "")
    assert unescape(inside) == text + "\n"
    assert "<b>Line 2:</b> Too wide." in page


def test_endless_documents_are_cut_and_say_so() -> None:
    page = Template('{% load excerpts %}{% code_block text "Policy" %}').render(
        Context({"text": "x\n" * (LINES_AT_MOST + 5)})
    )
    assert page.count("code-line") == LINES_AT_MOST
    assert "5 more lines are not shown." in page
