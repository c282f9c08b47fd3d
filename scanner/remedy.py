"""Remedies: what to do about a fail, as templates filled with the account's own names.

`[[name]]` in a template stands for a value of the finding. It is quoted for the place it lands in,
because names come from other people's accounts: as one shell word in a CLI line, as a JSON string
(which YAML accepts) in CloudFormation, as an HCL string in Terraform, as it is in sentences.
`[[name|json]]` puts a JSON document in verbatim, for here-documents and literal blocks.
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


def fill(remedy: Remedy, values: Mapping[str, str]) -> Remedy:
    """Give the same remedy with every placeholder replaced and quoted.

    `values` maps placeholder names to texts from the account; raises KeyError for a missing one.
    """
    return Remedy(
        summary=_filled(remedy.summary, values, _plain),
        minutes=remedy.minutes,
        console=tuple(_filled(step, values, _plain) for step in remedy.console),
        cli=_filled(remedy.cli, values, _shell_word),
        cloudformation=_filled(remedy.cloudformation, values, json.dumps),
        terraform=_filled(remedy.terraform, values, _hcl_string),
        breaks=tuple(_filled(text, values, _plain) for text in remedy.breaks),
        way_back=_filled(remedy.way_back, values, _plain),
        without=remedy.without,
    )


def _filled(template: str, values: Mapping[str, str], quote: Callable[[str], str]) -> str:
    def put(found: re.Match[str]) -> str:
        value = values[found["name"]]
        return _document(value, template, found) if found["raw"] else quote(value)

    return PLACEHOLDER.sub(put, template)


def _document(text: str, template: str, found: re.Match[str]) -> str:
    """A JSON document, re-spelled so that nothing but JSON can land here, indented like its place.

    "${" and "%{" start interpolation in Terraform here-documents; JSON strings may spell the
    dollar and percent signs as escapes, which keeps the meaning and ends the risk.
    """
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
