"""manage.py verify_audit: whatever the owner of the tables does to a chain is found."""

import copy
import os
import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from posture.auditing import record
from posture.models import AuditEvent, Organisation
from posture.models.audit import BEGINNING, seal
from posture.models.crossing import all_organisations
from posture.models.tenancy import within
from posture.operation.verifying_audit import START, Link, first_fault, verify, verify_all
from tests.posture.operation.commands import manage

Chain = list[AuditEvent]

EVENTS = 12
EDITED = {
    "actor_kind": "person", "actor_id": uuid.UUID(int=7), "actor_label": "mallory@acme.example",
    "action": "scan.cancelled", "target_kind": "account", "target_id": "x", "target_label": "y",
    "before": {"a": 1}, "after": {"scopes": ["admin"]}, "address": "192.0.2.99",
    "request_id": "another", "door": "api", "previous_hash": BEGINNING, "hash": "f" * 64,
    "id": uuid.UUID(int=9), "organisation_id": uuid.UUID(int=8),
}  # fmt: skip


def write(organisation: Organisation, count: int = EVENTS) -> None:
    with within(organisation):
        for number in range(count):
            record(
                organisation=organisation.pk, by=None, action="token.issued",
                label=f"t{number}", after={"scopes": [str(number)]},
            )  # fmt: skip


def chain(organisation: Organisation) -> Chain:
    with within(organisation):
        return list(AuditEvent.objects.order_by("number"))


def end(rows: Chain) -> Link:
    return Link(rows[-1].number, rows[-1].hash) if rows else START


def edited(rows: Chain, dice: random.Random) -> Chain:
    row = copy.copy(dice.choice(rows[1:]))
    setattr(row, *dice.choice(list(EDITED.items())))
    return [row if one.number == row.number else one for one in rows]


def moved(rows: Chain, dice: random.Random) -> Chain:
    row = copy.copy(dice.choice(rows))
    row.at -= timedelta(microseconds=dice.randint(1, 10**9))
    return [row if one.number == row.number else one for one in rows]


def removed(rows: Chain, dice: random.Random) -> Chain:
    gone = dice.sample(rows, dice.randint(1, 3))
    return [one for one in rows if one not in gone]


def swapped(rows: Chain, dice: random.Random) -> Chain:
    """Two rows change places, in number and, as a clever owner would, in their links too."""
    one, other = map(copy.copy, dice.sample(rows, 2))
    one.number, other.number = other.number, one.number
    if dice.random() < 0.5:
        one.previous_hash, other.previous_hash = other.previous_hash, one.previous_hash
    rest = [row for row in rows if row.number not in {one.number, other.number}]
    return sorted([one, other, *rest], key=lambda row: row.number)


def cut(rows: Chain, dice: random.Random) -> Chain:
    return rows[: dice.randrange(len(rows))]


def resealed(rows: Chain, dice: random.Random) -> Chain:
    """One row edited, and every hash from there on made anew: a chain without any fault of its own."""
    return seal_anew(edited(rows, dice))


def renumbered(rows: Chain, dice: random.Random) -> Chain:
    return seal_anew(removed(rows, dice))


def seal_anew(rows: Chain) -> Chain:
    anew: Chain = []
    for number, row in enumerate(map(copy.copy, rows), start=1):
        row.number, row.previous_hash = number, anew[-1].hash if anew else BEGINNING
        row.hash = seal(row)
        anew.append(row)
    return anew


Tampering = Callable[[Chain, random.Random], Chain]


@pytest.mark.parametrize("tampering", [edited, moved, removed, swapped, cut])
def test_two_hundred_of_each_are_found(acme: Organisation, tampering: Tampering) -> None:
    write(acme)
    rows = chain(acme)
    assert first_fault(rows, end(rows)) is None
    dice = random.Random(111)  # noqa: S311 - the same edits in every run
    tampered = [tampering(rows, dice) for _ in range(200)]
    assert [first_fault(one, end(rows)) for one in tampered].count(None) == 0


@pytest.mark.parametrize("tampering", [cut, resealed, renumbered])
def test_a_chain_made_anew_with_its_head_is_found_by_heads_kept_elsewhere(
    acme: Organisation, tampering: Tampering
) -> None:
    write(acme)
    rows = chain(acme)
    dice = random.Random(112)  # noqa: S311 - the same edits in every run
    for _ in range(200):
        forged = tampering(rows, dice)
        forged = forged if tampering is cut else seal_anew(forged)
        if end(forged) == end(rows):
            continue  # the edit was of a link, and sealing anew has taken it back
        assert first_fault(forged, end(forged)) is None
        assert first_fault(forged, end(forged), kept=end(rows)) is not None


def test_what_was_recorded_since_heads_were_kept_is_no_fault(acme: Organisation) -> None:
    write(acme, 3)
    kept = end(chain(acme))
    write(acme, 4)
    assert verify(acme.pk, kept).broken is None
    assert verify(acme.pk).head.number == 7


def test_every_organisation_is_verified_and_one_without_events_holds(
    acme: Organisation, rival: Organisation
) -> None:
    write(acme, 2)
    assert set(all_organisations()) >= {acme.pk, rival.pk}
    assert (verify(rival.pk).head, verify(rival.pk).broken) == (START, None)


BY_THE_OWNER = {
    "edit": ("UPDATE posture_auditevent SET actor_label = 'x' WHERE number = 4", 4),
    "value": ("UPDATE posture_auditevent SET after = '{}' WHERE number = 5", 5),
    "time": ("UPDATE posture_auditevent SET at = at - interval '1 us' WHERE number = 6", 6),
    "removal": ("DELETE FROM posture_auditevent WHERE number = 3", 3),
    "beginning": ("DELETE FROM posture_auditevent WHERE number = 1", 1),
    "cut": ("DELETE FROM posture_auditevent WHERE number > 8", 9),
    "all": ("DELETE FROM posture_auditevent", 1),
    "head": ("UPDATE posture_audithead SET number = 7", 8),
    "no head": ("DELETE FROM posture_audithead", 1),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BY_THE_OWNER)
def test_what_the_owner_does_to_the_tables_is_told_with_its_number(
    acme: Organisation, name: str
) -> None:
    write(acme)
    statement, number = BY_THE_OWNER[name]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute(statement)
    assert verify(acme.pk).broken == number


@pytest.mark.django_db(transaction=True)
def test_the_command_prints_heads_and_finds_a_cut_end_by_them(
    acme: Organisation, rival: Organisation, tmp_path: Path
) -> None:
    write(acme)
    write(rival, 2)
    done = manage("verify_audit")
    heads = {line.split()[0]: line.split()[1] for line in done.stdout.splitlines()}
    assert (done.returncode, heads) == (0, {str(acme.pk): "12", str(rival.pk): "2"})
    file = tmp_path / "heads"
    file.write_text(done.stdout)
    assert manage("verify_audit", "--heads", str(file)).returncode == 0
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"]) as owner:
        owner.execute(
            """WITH gone AS (DELETE FROM posture_auditevent
                   WHERE number > 9 RETURNING number, previous_hash)
               UPDATE posture_audithead SET number = 9, hash =
                   (SELECT previous_hash FROM gone WHERE number = 10) WHERE number = 12"""
        )
    assert manage("verify_audit").returncode == 0
    done = manage("verify_audit", "--heads", str(file))
    assert (done.returncode, f"{acme.pk}: event 10 is broken" in done.stderr) == (1, True)
    only = manage("verify_audit", "--heads", str(file), "--organisation", str(rival.pk))
    assert (only.returncode, only.stdout.split()[:2]) == (0, [str(rival.pk), "2"])


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_no_list_of_heads_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("not a head\n")
    done = manage("verify_audit", "--heads", str(file))
    assert (done.returncode, "Line 1 is not" in done.stderr) == (1, True)
    done = manage("verify_audit", "--organisation", str(uuid.uuid4()))
    assert (done.returncode, "There is no organisation" in done.stderr) == (1, True)


def test_a_kept_head_of_an_organisation_that_is_gone_is_told(db: None) -> None:
    gone = uuid.uuid4()
    found = list(verify_all(only=gone, kept={gone: Link(3, "f" * 64)}))
    assert [(one.organisation, one.broken) for one in found] == [(gone, 1)]
