"""Every remedy, filled for every fail of the test tables, is what its form says it is."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import hcl2
import pytest
import yaml
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel
from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.helpers import REGIONS
from cfnlint.runner import Runner

from scanner.control import Control
from scanner.remedy import PLACEHOLDER, Remedy, fill
from tests.contracts.test_controls import CONTROLS, fails_of

HOSTILE = """x'; "$(touch pwned)" `reboot` ${path.root} %{ if true } # end
POLICY
- next: line"""
PLAIN = "placeholder"

each_control = pytest.mark.parametrize("control", CONTROLS, ids=lambda one: one.id)


def filled(control: Control[Any]) -> Iterator[Remedy]:
    for outcome in fails_of(control):
        yield fill(control.remedy, outcome.values)


def distinct(control: Control[Any], form: str) -> list[str]:
    return sorted({getattr(remedy, form) for remedy in filled(control)} - {""})


@each_control
def test_commands_are_bash(control: Control[Any]) -> None:
    for script in distinct(control, "cli"):
        checked = subprocess.run(
            ["bash", "-n"], input=script, text=True, capture_output=True, check=False
        )
        assert (checked.returncode, checked.stderr) == (0, ""), script


@each_control
def test_commands_and_their_options_exist(control: Control[Any]) -> None:
    """Against the models that the AWS CLI is generated from."""
    for script in distinct(control, "cli"):
        for service, command, options in aws_commands(script):
            assert options <= known_options(service, command), (service, command, options)


def aws_commands(script: str) -> Iterator[tuple[str, str, set[str]]]:
    """Service, command and options of every call of the AWS CLI in a script."""
    without_documents = re.sub(r"<<'(\w+)'\n.*?\n\1\n?", "", script, flags=re.DOTALL)
    without_comments = re.sub(r"^\s*#.*$", "", without_documents, flags=re.MULTILINE)
    joined = without_comments.replace("\\\n", " ")
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "''", joined)
    for found in re.finditer(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)([^\n;|>)]*)", bare):
        service, command, rest = found.groups()
        yield service, command, set(re.findall(r"(?<!\S)--([a-z0-9-]+)", rest))


GLOBAL_OPTIONS = {"region", "query", "output", "endpoint-url", "no-cli-pager"}
MADE_BY_THE_CLI = {
    ("iam", "create-virtual-mfa-device"): {"outfile", "bootstrap-method"},
    ("sns", "subscribe"): {"notification-endpoint"},
}


@cache
def known_options(service: str, command: str) -> set[str]:
    name = {"s3api": "s3"}.get(service, service)
    model = ServiceModel(Loader().load_service_model(name, "service-2"), name)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(operations[command]).input_shape
    members = {} if shape is None else shape.members
    options = {xform_name(name, "-") for name in members}
    flags = {f"no-{xform_name(one, '-')}" for one in members if members[one].type_name == "boolean"}
    return options | flags | GLOBAL_OPTIONS | MADE_BY_THE_CLI.get((service, command), set())


@cache
def linter() -> Runner:
    """One for all stacks: it reads its rules for twenty times as long as a stack."""
    return Runner(ConfigMixIn(regions=REGIONS))


def faults_in(stack: str) -> list[str]:
    """What CloudFormation would refuse of a template."""
    template, unreadable = decode_str(stack)
    found = unreadable or linter().validate_template(template)
    return [str(one) for one in found if one.rule.severity == "error"]


def test_the_linter_finds_a_wrong_property_in_every_stack_it_is_given() -> None:
    queue = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      {}: x\n"
    for _ in range(2):
        assert faults_in(queue.format("QueueName")) == []
        assert "Nmae" in faults_in(queue.format("Nmae"))[0]
    assert faults_in("Resources: [") != []


@each_control
def test_stacks_are_cloudformation(control: Control[Any]) -> None:
    """One stack per set of resource types: the linter sees no more in another."""
    stacks = {
        tuple(TYPES.findall(template)): template
        for outcome in fails_of(control)
        if all(PLAUSIBLE.fullmatch(value) for value in names_in(outcome.values, control.remedy))
        and (template := fill(control.remedy, outcome.values).cloudformation)
    }
    assert bool(stacks) == bool(control.remedy.cloudformation)
    for template in stacks.values():
        assert faults_in(template) == [], template


TYPES = re.compile(r"Type: (AWS::\S+)")
PLAUSIBLE = re.compile(r"[\w+=,.@:/#-]*")


def documents_in(remedy: Remedy) -> set[str]:
    templates = (remedy.cli, remedy.cloudformation, remedy.terraform)
    return {
        found["name"] for text in templates for found in PLACEHOLDER.finditer(text) if found["raw"]
    }


def names_in(values: Mapping[str, str], remedy: Remedy) -> list[str]:
    """The values that land in a stack, but documents."""
    asked = {found["name"] for found in PLACEHOLDER.finditer(remedy.cloudformation)}
    return [value for name, value in values.items() if name in asked - documents_in(remedy)]


@each_control
def test_resources_are_terraform(control: Control[Any]) -> None:
    for text in distinct(control, "terraform"):
        assert hcl2.loads(f"{text}\n").get("resource"), text


def attacked(values: Mapping[str, str], remedy: Remedy, word: str) -> dict[str, str]:
    """The values with every name in them replaced; documents and empty ones stay."""
    documents = documents_in(remedy)
    return {
        name: value if not value or name in documents else word for name, value in values.items()
    }


@each_control
def test_a_hostile_name_stays_one_word_of_every_command(control: Control[Any]) -> None:
    for outcome in fails_of(control):
        plain, hostile = (
            fill(control.remedy, attacked(outcome.values, control.remedy, word)).cli
            for word in (PLAIN, HOSTILE)
        )
        wanted = [one.replace(PLAIN, HOSTILE) for one in shlex.split(plain, comments=True)]
        assert shlex.split(hostile, comments=True) == wanted


class Stack(yaml.SafeLoader):
    """YAML with the short forms of CloudFormation's functions, kept as texts."""


Stack.add_multi_constructor("!", lambda loader, tag, node: f"!{tag} {node.value}")


def loaded(template: str) -> Any:
    return yaml.load(template, Stack)  # noqa: S506 - Stack is a SafeLoader


@each_control
def test_a_hostile_name_stays_one_value_of_every_stack(control: Control[Any]) -> None:
    for outcome in fails_of(control):
        plain, hostile = (
            loaded(
                fill(control.remedy, attacked(outcome.values, control.remedy, word)).cloudformation
            )
            for word in (PLAIN, HOSTILE)
        )
        told = json.dumps(plain).replace(PLAIN, json.dumps(HOSTILE)[1:-1])
        assert json.loads(told) == hostile


@each_control
def test_a_hostile_name_stays_one_value_of_every_resource(control: Control[Any]) -> None:
    for outcome in fails_of(control):
        text = fill(control.remedy, attacked(outcome.values, control.remedy, HOSTILE)).terraform
        quoted = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
        assert "pwned" not in quoted
        assert not re.search(r"(?<!\$)\$\{path|(?<!%)%\{ if", text)
        if text:
            hcl2.loads(f"{text}\n")
