"""What a queued scan waits for."""

from django.conf import settings
from django.db.models import TextChoices
from django.db.models.functions import Now
from django.utils import timezone

from posture.models import LeaseState, Organisation, Scan


class WaitsFor(TextChoices):
    """The next try, a free slot of the organisation, or any worker."""

    RETRY = "retry"
    SLOT = "slot"
    WORKER = "worker"


def slots_full(organisation: Organisation) -> bool:
    """Whether as many scans of the organisation run as may, inside `within` it."""
    running = Scan.objects.filter(
        organisation=organisation, state=LeaseState.RUNNING, lease_until__gte=Now()
    )
    return running.count() >= (organisation.scans_at_once or settings.SCANS_PER_ORGANISATION)


def waits_for(scan: Scan, *, full: bool) -> WaitsFor | None:
    """Say what keeps a scan from running, None once it runs; `full` is what `slots_full` said."""
    if scan.state != LeaseState.QUEUED:
        return None
    if scan.retry_at is not None and scan.retry_at > timezone.now():
        return WaitsFor.RETRY
    return WaitsFor.SLOT if full else WaitsFor.WORKER
