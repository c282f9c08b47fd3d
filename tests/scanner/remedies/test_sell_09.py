"""What SELL-09 advises, by what makes somebody an administrator."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from scanner.controls.sell.sell_09_few_administrators import CONTROL
from scanner.facts.snapshot import Snapshot
from scanner.remedy import fill
from tests.builders import a_group, a_managed_policy, a_role, a_snapshot, a_user
from tests.cases import judged
from tests.documents import Document, a_policy, allow, allow_all_but
from tests.scanner.controls.sell.test_sell_09_few_administrators import ADMIN, PATH, POLICIES, PUT


@pytest.mark.parametrize(
    ("where", "commands"),
    [
        (
            a_snapshot(users=(a_user(managed=[ADMIN]),), policies=POLICIES),
            [f"detach-user-policy --user-name deploy --policy-arn {ADMIN.arn}"],
        ),
        (
            a_snapshot(
                users=(a_user(groups=["g"]),),
                groups=(a_group("g", managed=[ADMIN]),),
                policies=POLICIES,
            ),
            ["remove-user-from-group --user-name deploy --group-name g"],
        ),
        (
            a_snapshot(roles=(a_role("ci", inline={"p": allow("*")}),)),
            ["delete-role-policy --role-name ci --policy-name p"],
        ),
        (
            a_snapshot(roles=(a_role("ci", inline={"p": a_policy(allow("*"), allow("s3:*"))}),)),
            ["put-role-policy --role-name ci --policy-name p"],
        ),
        (
            a_snapshot(users=(a_user(inline={"p": allow(PUT)}),)),
            [
                "create-policy --policy-name no-identity-writes",
                "put-user-permissions-boundary --user-name deploy",
                "--permissions-boundary arn:aws:iam::111122223333:policy/no-identity-writes",
            ],
        ),
        (
            a_snapshot(roles=(a_role("ci", inline={"p": allow("iam:*")}),)),
            ["put-role-permissions-boundary --role-name ci"],
        ),
    ],
)
def test_the_remedy_is_for_what_brings_it(where: Snapshot, commands: list[str]) -> None:
    (outcome,) = judged(CONTROL, where).values()
    script = fill(CONTROL.remedy, outcome.values).cli
    assert [one for one in commands if one not in script] == [], script


@pytest.mark.parametrize("statements", [[allow("iam:*")], [allow_all_but("s3:*")], [allow(PUT)]])
def test_the_boundary_of_the_remedy_ends_it(statements: Sequence[Document]) -> None:
    inline = {"p": a_policy(*statements)}
    (before,) = judged(CONTROL, a_snapshot(users=(a_user(inline=inline),))).values()
    document = a_policy(*json.loads(before.values["boundary"])["Statement"])
    boundary = a_managed_policy("no-identity-writes", document=document, attachments=0)
    assert boundary.arn == before.values["boundary_arn"]
    mended = a_snapshot(users=(a_user(inline=inline, boundary=boundary.arn),), policies=(boundary,))
    (after,) = judged(CONTROL, mended).values()
    assert (after.status, "no administrator" in after.reason) == ("pass", True)


def test_a_boundary_that_is_there_is_kept_and_narrowed() -> None:
    loose = a_managed_policy("Loose", allow("iam:*", "s3:*"))
    users = (a_user(inline={"p": allow_all_but("billing:*")}, boundary=loose.arn),)
    (outcome,) = judged(CONTROL, a_snapshot(users=users, policies=(loose,))).values()
    assert outcome.values["boundary_name"] == "no-identity-writes-user-deploy"
    kept, refusal = json.loads(outcome.values["boundary"])["Statement"]
    assert (kept["Action"], refusal["Effect"]) == (["iam:*", "s3:*"], "Deny")


def test_a_permission_set_gets_the_boundary() -> None:
    role = a_role("AWSReservedSSO_x", path=PATH, inline={"p": allow("iam:*")})
    (outcome,) = judged(CONTROL, a_snapshot(roles=(role,))).values()
    filled = fill(CONTROL.remedy, outcome.values)
    assert "permission set behind AWSReservedSSO_x" in " ".join(filled.console)
    assert "put-role-permissions-boundary" not in filled.cli


def test_members_that_are_fine_keep_their_group() -> None:
    group = a_group("admins", inline={"all": allow("*")})
    users = (a_user("eve", groups=["admins"]), a_user("ada", groups=["admins"]))
    snapshot = a_snapshot(users=users, groups=(group,))
    filled = fill(CONTROL.remedy, judged(CONTROL, snapshot)["eve"].values)
    assert filled.cli == "aws iam remove-user-from-group --user-name eve --group-name admins"
    assert any("User groups, admins, and take out eve" in one for one in filled.console)
