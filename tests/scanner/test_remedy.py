"""Remedies are filled with names from other people's accounts and stay what they were."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

import hcl2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from scanner.remedy import NOTHING_TO_SAY, Remedy, fill

HOSTILE = (
    "deploy",
    "x; rm -rf /",
    "$(reboot)",
    "`reboot`",
    "it's",
    'say "hi"',
    "-rf",
    "${aws:username}",
    "%{ if true }",
    "two\nlines # and a comment",
    "back\\slash",
)


def a_remedy(
    summary: str = "Do it.",
    console: tuple[str, ...] = ("Open IAM.",),
    cli: str = "",
    cloudformation: str = "",
    terraform: str = "",
    breaks: tuple[str, ...] = (),
    way_back: str = "",
    without: tuple[tuple[str, str], ...] = (),
) -> Remedy:
    return Remedy(
        summary=summary,
        minutes=5,
        console=console,
        cli=cli,
        cloudformation=cloudformation,
        terraform=terraform,
        breaks=breaks,
        way_back=way_back,
        without=without,
    )


def words(cli: str) -> list[str]:
    return shlex.split(cli, comments=True)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_value_is_one_word_of_a_command(name: str) -> None:
    filled = fill(a_remedy(cli="aws iam get-user --user-name [[user]]"), {"user": name})
    assert words(filled.cli) == ["aws", "iam", "get-user", "--user-name", name]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_value_is_one_string_of_a_template(name: str) -> None:
    filled = fill(a_remedy(cloudformation="Properties:\n  UserName: [[user]]"), {"user": name})
    assert yaml.safe_load(filled.cloudformation) == {"Properties": {"UserName": name}}


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("deploy", '"deploy"'),
        ("${path.root}", '"$${path.root}"'),
        ("%{ if true }", '"%%{ if true }"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("two\nlines", '"two\\nlines"'),
    ],
)
def test_a_value_is_one_string_of_terraform_and_starts_no_interpolation(
    name: str, spelled: str
) -> None:
    filled = fill(a_remedy(terraform="name = [[user]]"), {"user": name})
    assert filled.terraform == f"name = {spelled}"
    assert hcl2.loads(filled.terraform + "\n")["name"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_value_stands_as_it_is_in_sentences(name: str) -> None:
    remedy = a_remedy(
        "Fix [[user]].",
        ("Open [[user]].",),
        breaks=("[[user]] stops.",),
        way_back="Let [[user]] in.",
    )
    filled = fill(remedy, {"user": name})
    texts = (filled.summary, *filled.console, *filled.breaks, filled.way_back)
    assert texts == (f"Fix {name}.", f"Open {name}.", f"{name} stops.", f"Let {name} in.")


DOCUMENT = json.dumps({"Resource": "arn:aws:iam::*:user/${aws:username}", "Sid": "%{x}"})


def test_a_document_is_indented_like_its_place_and_keeps_its_meaning() -> None:
    template = "Properties:\n  PolicyDocument:\n    [[document|json]]\n  Path: /"
    filled = fill(a_remedy(cloudformation=template), {"document": DOCUMENT})
    properties = yaml.safe_load(filled.cloudformation)["Properties"]
    assert properties == {"PolicyDocument": json.loads(DOCUMENT), "Path": "/"}


def test_a_document_starts_no_interpolation() -> None:
    template = "policy = <<POLICY\n[[document|json]]\nPOLICY"
    filled = fill(a_remedy(terraform=template), {"document": DOCUMENT})
    assert "${" not in filled.terraform
    assert "%{" not in filled.terraform
    body = filled.terraform.removeprefix("policy = <<POLICY\n").removesuffix("\nPOLICY")
    assert json.loads(body) == json.loads(DOCUMENT)


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_no_document_ends_the_here_document_it_lands_in(document: object) -> None:
    template = "cat <<'POLICY'\n[[document|json]]\nPOLICY"
    filled = fill(a_remedy(cli=template), {"document": json.dumps(document)})
    lines = filled.cli.split("\n")
    assert lines.index("POLICY") == len(lines) - 1
    assert json.loads("\n".join(lines[1:-1])) == document


@pytest.mark.parametrize("text", ["rm -rf /", "{'single': 'quotes'}", '{"a": 1} x'])
def test_nothing_but_json_lands_where_a_document_belongs(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|Extra data"):
        fill(a_remedy(cli="cat [[document|json]]", summary="For [[document]]."), {"document": text})


@pytest.mark.parametrize(
    "remedy",
    [
        a_remedy("[[user]]"),
        a_remedy(console=("[[user]]",)),
        a_remedy(cli="[[user]]"),
        a_remedy(cloudformation="[[user]]"),
        a_remedy(terraform="[[user]]"),
        a_remedy(breaks=("[[user]]",)),
        a_remedy(way_back="[[user]]"),
        a_remedy(cli="[[group]] [[user]]"),
    ],
)
def test_a_missing_value_is_an_error_wherever_it_stands(remedy: Remedy) -> None:
    with pytest.raises(KeyError, match="user"):
        fill(remedy, {"group": ""})
    assert "user" in remedy.placeholders()


def test_a_block_that_asks_for_an_empty_value_is_left_out() -> None:
    remedy = a_remedy(
        console=("Open user [[user]].", "Open role [[role]].", "Save."),
        cli="aws iam get-user --user-name [[user]]\n\naws iam get-role --role-name [[role]]",
        breaks=("[[user]] stops.", "[[role]] stops."),
    )
    filled = fill(remedy, {"user": "", "role": "deploy"})
    assert filled.console == ("Open role deploy.", "Save.")
    assert filled.cli == "aws iam get-role --role-name deploy"
    assert filled.breaks == ("deploy stops.",)


@pytest.mark.parametrize(
    ("values", "without"),
    [
        ({"user": ""}, {"cli": NOTHING_TO_SAY, "terraform": "No such resource."}),
        ({"user": "deploy"}, {"terraform": "No such resource."}),
    ],
)
def test_a_form_left_empty_says_so_once(
    values: Mapping[str, str], without: Mapping[str, str]
) -> None:
    remedy = a_remedy(
        cli="get [[user]]", cloudformation="A: 1", without=(("terraform", "No such resource."),)
    )
    assert dict(fill(remedy, values).without) == without
