"""Remedies: what to do about a fail, as templates filled with the account's own names.

`[[name]]` in a template stands for a value of the finding. It is quoted for the place it lands in,
because names come from other people's accounts: as one shell word in a CLI line, as a JSON string
(which YAML accepts) in CloudFormation, as an HCL string in Terraform, as it is in sentences.
`[[name|json]]` puts a JSON document in verbatim, for here-documents and literal blocks.

A step, sentence or block (lines up to an empty line) that asks for a value given as empty text is
left out, so one remedy can serve a user, a group and a role. A form that is left empty says so.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"\[\[(?P<name>[a-z_]+)(?P<raw>\|json)?\]\]")


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to fix a fail in up to four forms, with what it can break and how to undo it.

    A form that does not exist says so in `without` (for example {"cloudformation": "AWS has no
    resource type for the root user's keys."}); every form is either given or explained.
    """

    summary: str
    minutes: int
    console: tuple[str, ...]
    cli: str = ""
    cloudformation: str = ""
    terraform: str = ""
    breaks: tuple[str, ...] = ()
    way_back: str = ""
    without: tuple[tuple[str, str], ...] = ()

    def placeholders(self) -> frozenset[str]:
        """Names of all values that the templates ask for."""
        texts = (self.summary, *self.console, self.cli, self.cloudformation, self.terraform)
        texts += (*self.breaks, self.way_back)
        return frozenset(found["name"] for text in texts for found in PLACEHOLDER.finditer(text))


FORMS = ("console", "cli", "cloudformation", "terraform")
NOTHING_TO_SAY = "This form has nothing for what was found here; follow the console steps."


def fill(remedy: Remedy, values: Mapping[str, str]) -> Remedy:
    """Give the same remedy with every placeholder replaced and quoted.

    `values` maps placeholder names to texts from the account, empty for "not the case here";
    raises KeyError for a missing one and ValueError for a [[name|json]] that is not JSON.
    """
    cli = _filled(remedy.cli, values, _shell_word)
    cloudformation = _filled(remedy.cloudformation, values, json.dumps)
    terraform = _filled(remedy.terraform, values, _hcl_string)
    forms = {"cli": cli, "cloudformation": cloudformation, "terraform": terraform}
    emptied = tuple(
        (form, NOTHING_TO_SAY)
        for form, text in forms.items()
        if not text and form not in dict(remedy.without)
    )
    return Remedy(
        summary=_filled(remedy.summary, values, _plain),
        minutes=remedy.minutes,
        console=_sentences(remedy.console, values),
        cli=cli,
        cloudformation=cloudformation,
        terraform=terraform,
        breaks=_sentences(remedy.breaks, values),
        way_back=_filled(remedy.way_back, values, _plain),
        without=(*remedy.without, *emptied),
    )


def _sentences(templates: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    filled = (_filled(template, values, _plain) for template in templates)
    return tuple(sentence for sentence in filled if sentence)


def _filled(template: str, values: Mapping[str, str], quote: Callable[[str], str]) -> str:
    blocks = [block for block in template.split("\n\n") if _applies(block, values)]
    kept = "\n\n".join(blocks)

    def put(found: re.Match[str]) -> str:
        value = values[found["name"]]
        return _document(value, kept, found) if found["raw"] else quote(value)

    return PLACEHOLDER.sub(put, kept)


def _applies(block: str, values: Mapping[str, str]) -> bool:
    """Every placeholder is looked up, so that a missing one is noticed wherever it stands."""
    return "" not in {values[found["name"]] for found in PLACEHOLDER.finditer(block)}


def _document(text: str, template: str, found: re.Match[str]) -> str:
    """A JSON document, re-spelled so that nothing but JSON can land here, indented like its place.

    "${" and "%{" start interpolation in Terraform here-documents; JSON strings may spell the
    dollar and percent signs as escapes, which keeps the meaning and ends the risk. A placeholder
    that nobody has filled stays what it is.
    """
    if PLACEHOLDER.fullmatch(text):
        return text
    start = template.rfind("\n", 0, found.start()) + 1
    margin = template[start : found.start()]
    indent = margin if not margin.strip() else ""
    safe = (
        json.dumps(json.loads(text), indent=2).replace("${", "\\u0024{").replace("%{", "\\u0025{")
    )
    return safe.replace("\n", "\n" + indent)


def _plain(value: str) -> str:
    return value


def _shell_word(value: str) -> str:
    return shlex.quote(value)


def _hcl_string(value: str) -> str:
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
