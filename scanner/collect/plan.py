"""Which collectors a scan needs, in which order they ask, and what is left when one breaks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from scanner.aws import Aws, CannotReach, Stopped
from scanner.collect import account, catalog, cloudtrail, ec2, events, iam, sns, sqs
from scanner.collect.progress import FIELDS, Progress
from scanner.facts.catalog import CatalogFacts
from scanner.facts.cloudtrail import CloudTrailFacts
from scanner.facts.ec2 import Ec2Facts
from scanner.facts.gaps import gaps_in
from scanner.facts.iam import IamFacts
from scanner.facts.messaging import EventsFacts, SnsFacts, SqsFacts
from scanner.facts.profile import Profile
from scanner.facts.unread import unread
from scanner.vocabulary import Listed, Unobserved, seen

log = logging.getLogger(__name__)

F = TypeVar("F")

KINDS: Mapping[str, type[Any]] = {
    "iam": IamFacts,
    "catalog": CatalogFacts,
    "sns": SnsFacts,
    "events": EventsFacts,
    "sqs": SqsFacts,
    "ec2": Ec2Facts,
    "cloudtrail": CloudTrailFacts,
}
"""Every service that can be read, by field of the snapshot."""

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "iam": iam.ACTIONS,
    "catalog": catalog.ACTIONS,
    "sns": sns.ACTIONS,
    "events": events.ACTIONS,
    "sqs": sqs.ACTIONS,
    "ec2": (*account.ACTIONS, *ec2.ACTIONS),
    "cloudtrail": (*account.ACTIONS, *cloudtrail.ACTIONS),
}
"""The IAM actions that reading a service takes, as its collectors declare them."""

BEFORE = {"sqs": ("sns", "events")}
"""What has to be read before: subscriptions and rules name queues."""

REGIONAL = frozenset({"ec2", "cloudtrail"})
GLOBAL = frozenset({"iam"})

BROKEN = "CollectorFailed"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read: services by field of the snapshot, chosen regions (none: all enabled)."""

    services: frozenset[str]
    profile: Profile
    now: datetime
    regions: tuple[str, ...] = ()


def services_for(read: Iterable[str]) -> frozenset[str]:
    """The services to collect for those that controls look at, with what they depend on."""
    wanted = frozenset(read) & KINDS.keys()
    return wanted | {name for one in wanted for name in BEFORE.get(one, ())}


def actions_for(services: Iterable[str]) -> tuple[str, ...]:
    """The IAM actions that these services take, sorted."""
    return tuple(sorted({action for one in services for action in ACTIONS[one]}))


def botocore_names(services: Iterable[str]) -> tuple[str, ...]:
    """The names by which botocore knows these services, sorted."""
    known = {field: name for name, field in FIELDS.items()}
    return tuple(sorted(known.get(one, one) for one in services))


ALL_ACTIONS = actions_for(KINDS)
"""Everything that a scan of all topics may ask: the content of the scan role."""


def collect(aws: Aws, plan: Plan, progress: Progress) -> dict[str, Any]:
    """Read all services beside each other; gives facts by field of the snapshot.

    A service that is not in the plan is unread, one whose collector broke is a gap.
    """
    for name in KINDS:
        if name in plan.services:
            progress.expect(name, ("",) if name in GLOBAL else (aws.home,))
    visit = _Visit(aws, plan, progress)
    aws.beside(visit.identities, visit.products, visit.messages, visit.regional)
    return {name: visit.found.get(name) or unread(kind) for name, kind in KINDS.items()}


class _Visit:
    """One run over the plan's services; the branches run beside each other."""

    def __init__(self, aws: Aws, plan: Plan, progress: Progress) -> None:
        self.found: dict[str, Any] = {}
        self._aws = aws
        self._plan = plan
        self._progress = progress

    def identities(self) -> None:
        self._read("iam", lambda: iam.collect(self._aws))

    def products(self) -> None:
        self._read("catalog", lambda: catalog.collect(self._aws))

    def messages(self) -> None:
        """Queues come last: they are named by subscriptions and rules."""
        self._aws.beside(
            lambda: self._read("sns", lambda: sns.collect(self._aws)),
            lambda: self._read("events", lambda: events.collect(self._aws)),
        )
        self._read("sqs", self._queues)

    def _queues(self) -> SqsFacts:
        return sqs.collect(self._aws, self.found["sns"], self.found["events"], self._plan.profile)

    def regional(self) -> None:
        """What is in every region, once it is known which there are."""
        wanted = REGIONAL & self._plan.services
        if not wanted:
            return
        asked = self._aws.begin(lambda: account.enabled_regions(self._aws, self._plan.regions))
        self._aws.beside(
            lambda: self._expect(wanted, asked.result()),
            lambda: self._read("ec2", lambda: ec2.collect(self._aws, asked.result)),
            lambda: self._read("cloudtrail", lambda: self._trails(asked.result())),
        )

    def _expect(self, services: Iterable[str], regions: Listed[str]) -> None:
        for name in sorted(services):
            self._progress.expect(name, seen(regions))

    def _trails(self, regions: Listed[str]) -> CloudTrailFacts:
        return cloudtrail.collect(self._aws, regions, self._plan.now)

    def _read(self, name: str, ask: Callable[[], F]) -> None:
        if name not in self._plan.services:
            return
        self._progress.begin(name)
        try:
            self.found[name] = ask()
        except (CannotReach, Stopped):
            raise
        except Exception:  # a collector that breaks must not take the other services along
            log.exception("collector broke", extra={"service": name})
            gap = Unobserved("", BROKEN, detail=f"a fault of ours while reading {name}")
            self.found[name] = unread(KINDS[name], gap)
        self._progress.finish(name, gaps_in(self.found[name]))
