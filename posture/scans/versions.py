"""Which version of the product spoke of a finding: workers of two versions run beside each other."""

import re
import uuid
from collections.abc import Collection

from posture.models import Account, Finding, LeaseState, Rejudgement
from scanner.report import ENGINE


def numbers_of(engine: str) -> list[int]:
    """Return the version of an engine such as "seller-posture 0.1.0", in parts that compare."""
    return [int(part) for part in re.findall(r"\d+", engine)]


def of_newer_versions(account: Account, controls: Collection[str]) -> dict[uuid.UUID, str]:
    """Return open findings of controls that this version has not and a newer one has, with those.

    `controls` are the ids of this version. While a new version is rolled out, workers of the one
    before still scan: what they cannot judge is not for them to close. A finding of a control that
    a newer version has not either was closed by that one.
    """
    unknown = Finding.objects.filter(account=account).exclude(control__in=controls)
    found = unknown.exclude(state=Finding.State.RESOLVED).select_related("last_scan")
    seen = {one.pk: one for one in found.only("control", "last_scan__engine")}
    if not seen:
        return {}
    judged = Rejudgement.objects.filter(
        scan__in={one.last_scan_id for one in seen.values()}, state=LeaseState.DONE
    )
    engines = {one.last_scan_id: [one.last_scan.engine] for one in seen.values()}
    for scan, engine in judged.values_list("scan", "engine"):
        engines[scan].append(engine)
    mine = numbers_of(ENGINE)
    return {
        pk: one.control
        for pk, one in seen.items()
        if any(numbers_of(engine) > mine for engine in engines[one.last_scan_id])
    }
