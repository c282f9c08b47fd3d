"""What becomes of names from other people's accounts before they reach a page."""

import pytest
from django.template import Context, Template

from posture.templatetags.names import (
    account_number,
    brief,
    clipped,
    sentence,
    spelled,
    split_arn,
    visible,
    web_address,
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("orders", "orders"),
        ("Bestellungen für Zürich", "Bestellungen für Zürich"),
        ("注文", "注文"),
        ("bell\x07", "bell\u2407"),
        ("line\nbreak\ttab", "line\u240abreak\u2409tab"),
        ("delete\x7f", "delete\u2421"),
        ("exe\u202egnp", "exe\u2039U+202E\u203agnp"),
        ("left\u2066isolate", "left\u2039U+2066\u203aisolate"),
        ("zero\u200bwidth", "zero\u2039U+200B\u203awidth"),
        ("no\u00a0break", "no\u2039U+00A0\u203abreak"),
        ("tag\U000e0041", "tag\u2039U+E0041\u203a"),
        ("half\ud800", "half\u2039U+D800\u203a"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(name: str, shown: str) -> None:
    assert visible(name) == shown


def test_documents_keep_their_lines_and_tabs() -> None:
    assert spelled("a\n\tb\r") == "a\n\tb\u240d"


def test_markup_is_escaped_after_being_made_visible() -> None:
    page = Template("{% load names %}{{ name|visible }}").render(Context({"name": "<b>\u202e"}))
    assert page == "&lt;b&gt;\u2039U+202E\u203a"


@pytest.mark.parametrize(
    ("text", "length", "shown"),
    [("short", 10, "short"), ("0123456789", 7, "0123…89"), ("x" * 10_000, 5, "xx…xx")],
)
def test_long_names_keep_both_ends(text: str, length: int, shown: str) -> None:
    assert clipped(text, length) == shown
    assert len(clipped(text, length)) <= length


@pytest.mark.parametrize(
    ("text", "shown"), [("The queue is open.", "The queue…"), ("Short one.", "Short one.")]
)
def test_long_sentences_end_in_an_ellipsis(text: str, shown: str) -> None:
    assert brief(text, 11) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("111122223333", "1111-2222-3333"), ("12", "12"), ("1111٢222٣333", "1111-٢222-٣333")],
)
def test_account_ids_are_grouped_as_the_console_does(number: str, shown: str) -> None:
    assert account_number(number) == shown


@pytest.mark.parametrize(
    ("arn", "parts"),
    [
        (
            "arn:aws:sqs:us-east-1:111122223333:orders",
            ("arn:aws:sqs:us-east-1:111122223333", ":orders"),
        ),
        (
            "arn:aws:iam::111122223333:role/a/Scan",
            ("arn:aws:iam::111122223333:role/a", "/Scan"),
        ),
        ("no-separator", ("", "no-separator")),
        ("", ("", "")),
    ],
)
def test_an_arn_is_cut_before_its_name(arn: str, parts: tuple[str, str]) -> None:
    assert split_arn(arn) == parts


def test_the_tail_of_an_endless_arn_stays_short() -> None:
    head, tail = split_arn("arn:aws:sqs:us-east-1:111122223333:" + "x" * 10_000)
    assert len(tail) == 72
    assert len(head) + len(tail) == 10_035


@pytest.mark.parametrize(
    ("title", "shown"),
    [("It is public.", "It is public"), ("It is public", "It is public"), ("Wait...", "Wait...")],
)
def test_titles_lose_their_full_stop(title: str, shown: str) -> None:
    assert sentence(title) == shown


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://tickets.example.com/SEC-1", "https://tickets.example.com/SEC-1"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//evil.example", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(address: str, link: str) -> None:
    assert web_address(address) == link


def test_the_copy_button_of_an_arn_needs_a_script_and_says_what_it_copies() -> None:
    page = Template('{% load names %}{% arn "arn:aws:s3:::b" "the bucket" %}').render(Context())
    assert '<button class="copy" type="button" hidden data-copy="arn:aws:s3:::b"' in page
    assert 'aria-label="Copy the bucket"' in page
