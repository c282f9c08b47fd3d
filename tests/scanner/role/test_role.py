"""The scan role is the same in every form, allows what is declared, and trusts us alone."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest
import yaml
from cfnlint.api import lint

from scanner.aws import session_policy
from scanner.collect.plan import ALL_ACTIONS
from scanner.policy import Policy, parse
from scanner.role import (
    TEMPLATE_VERSION,
    cli,
    cloudformation,
    policy_document,
    terraform,
    trust_document,
)

EXTERNAL_ID = "seller-posture-0123456789abcdef+=,.@:/-_"
PRINCIPAL = "arn:aws:iam::999988887777:role/scanner/worker+a=b,c.d@e-f_g"
ROLE = "Seller+Posture=Scan,1.2@x-y_z"
FORMS = (EXTERNAL_ID, PRINCIPAL, ROLE)

Document = dict[str, Any]


class Tags(yaml.SafeLoader):
    """Reads CloudFormation's short functions as the text behind them."""


def _function(loader: Tags, suffix: str, node: yaml.ScalarNode) -> str:
    return f"{suffix} {node.value}"


Tags.add_multi_constructor("!", _function)


def stack() -> Document:
    template: Document = yaml.load(cloudformation(*FORMS), Tags)  # noqa: S506 - a SafeLoader
    return template


def allowed(policy: Document) -> list[str]:
    return [
        action
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    ]


def test_the_policy_allows_exactly_what_collectors_declare() -> None:
    assert sorted(allowed(policy_document())) == sorted(ALL_ACTIONS)


POLICIES = {
    1: "of the first 17 controls",
    2: "a4639df1bb9a3d7d7403473515b308185289f743fd4c35fd56b0ae2b1268d591",
}
"""SHA-256 of the policy of each version of the template; the newest is in force."""


def test_a_changed_policy_is_a_new_version_of_the_template() -> None:
    text = json.dumps(policy_document(), sort_keys=True)
    assert max(POLICIES) == TEMPLATE_VERSION
    assert POLICIES[TEMPLATE_VERSION] == hashlib.sha256(text.encode()).hexdigest()


def test_every_form_names_the_version() -> None:
    for text in (cloudformation(*FORMS), terraform(*FORMS), cli(*FORMS)):
        assert f"template {TEMPLATE_VERSION}" in text


def test_the_session_policy_of_a_scan_asks_for_nothing_that_the_role_lacks() -> None:
    session = json.loads(session_policy(ALL_ACTIONS))
    assert sorted(allowed(session)) == sorted(allowed(policy_document()))


def test_no_action_has_a_wildcard_and_none_writes() -> None:
    for action in allowed(policy_document()):
        assert re.fullmatch(r"[a-z0-9-]+:(Get|List|Describe|Lookup|Generate)\w+", action), action


def test_content_is_denied_whatever_else_is_attached() -> None:
    (deny,) = [one for one in policy_document()["Statement"] if one["Effect"] == "Deny"]
    assert {"s3:GetObject", "sqs:ReceiveMessage", "kms:Decrypt"} <= set(deny["Action"])
    assert not any("*" in action for action in deny["Action"])


def test_an_action_of_an_unknown_service_needs_a_place_first() -> None:
    with pytest.raises(ValueError, match="quantum:GetCat"):
        policy_document(["iam:GetPolicy", "quantum:GetCat"])


def test_both_policies_are_ones_that_aws_understands() -> None:
    for document in (policy_document(), trust_document(EXTERNAL_ID, PRINCIPAL)):
        assert isinstance(parse(document, source="test"), Policy)


def test_the_trust_names_our_principal_and_the_external_id_exactly() -> None:
    (statement,) = trust_document(EXTERNAL_ID, PRINCIPAL)["Statement"]
    assert statement["Principal"] == {"AWS": PRINCIPAL}
    assert statement["Action"] == "sts:AssumeRole"
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}


def test_cloudformation_makes_the_same_role() -> None:
    template = stack()
    role = template["Resources"]["ScanRole"]["Properties"]
    assert role["Policies"][0]["PolicyDocument"] == policy_document()
    assert role["MaxSessionDuration"] == 3_600
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": "Ref PrincipalArn"}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": "Ref ExternalId"}}
    defaults = {name: one["Default"] for name, one in template["Parameters"].items()}
    assert defaults == {
        "ExternalId": EXTERNAL_ID, "PrincipalArn": PRINCIPAL, "RoleName": ROLE,
    }  # fmt: skip


def test_cloudformation_satisfies_the_linter() -> None:
    assert [str(match) for match in lint(cloudformation(*FORMS))] == []


def test_the_linter_would_speak_up() -> None:
    assert lint(cloudformation(*FORMS).replace("MaxSessionDuration", "MaxSession"))


def test_terraform_makes_the_same_role() -> None:
    text = terraform(*FORMS)
    assert hcl2.loads(text)["resource"]
    policies = [
        json.loads(one) for one in re.findall(r"jsonencode\((\{.*?\n  \})\)", text, re.DOTALL)
    ]
    assert policies == [trust_document(EXTERNAL_ID, PRINCIPAL), policy_document()]
    assert f"name                 = {json.dumps(ROLE)}" in text
    assert "max_session_duration = 3600" in text


def test_the_commands_make_the_same_role(tmp_path: Path) -> None:
    aws = tmp_path / "aws"
    aws.write_text('#!/bin/sh\nprintf "%s\\0" "$@" >> called\nprintf "\\n" >> called\n')
    aws.chmod(0o755)
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", cli(*FORMS)],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        check=True,
    )
    trust = json.loads((tmp_path / "seller-posture-trust.json").read_text())
    assert trust == trust_document(EXTERNAL_ID, PRINCIPAL)
    assert json.loads((tmp_path / "seller-posture-read.json").read_text()) == policy_document()
    calls = [line.split("\0")[:-1] for line in (tmp_path / "called").read_text().splitlines()]
    assert [call[:4] for call in calls] == [
        ["iam", "create-role", "--role-name", ROLE],
        ["iam", "put-role-policy", "--role-name", ROLE],
        ["iam", "get-role", "--role-name", ROLE],
    ]
    assert "3600" in calls[0]


@pytest.mark.parametrize("form", [cloudformation, terraform, cli])
@pytest.mark.parametrize(
    ("external_id", "principal", "name"),
    [
        ("", PRINCIPAL, ROLE),
        ("a b", PRINCIPAL, ROLE),
        ("'; rm -rf / #", PRINCIPAL, ROLE),
        ("${file(x)}", PRINCIPAL, ROLE),
        ("id\n", PRINCIPAL, ROLE),
        (EXTERNAL_ID, "*", ROLE),
        (EXTERNAL_ID, "arn:aws:iam::999988887777:group/all", ROLE),
        (EXTERNAL_ID, 'arn:aws:iam::999988887777:role/a"b', ROLE),
        (EXTERNAL_ID, PRINCIPAL, "a role"),
        (EXTERNAL_ID, PRINCIPAL, "$(id)"),
        (EXTERNAL_ID, PRINCIPAL, "r" * 65),
    ],
)
def test_texts_that_aws_would_not_take_are_refused(
    form: Any, external_id: str, principal: str, name: str
) -> None:
    with pytest.raises(ValueError, match="that AWS accepts"):
        form(external_id, principal, name)
