"""Which collectors a scan needs, in which order they ask, and what is left when one breaks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from scanner.aws import Aws, CannotReach, Stopped
from scanner.collect import (
    account,
    catalog,
    cloudtrail,
    cloudwatch,
    contacts,
    ec2,
    events,
    iam,
    kms,
    logs,
    organizations,
    s3,
    sns,
    sqs,
)
from scanner.collect.logs import GROUP
from scanner.collect.progress import BOTOCORE, Progress
from scanner.collect.waiting import Findings
from scanner.facts.account import Account
from scanner.facts.catalog import CatalogFacts
from scanner.facts.cloudtrail import CloudTrailFacts, Trail
from scanner.facts.ec2 import Ec2Facts
from scanner.facts.gaps import gaps_in
from scanner.facts.iam import IamFacts
from scanner.facts.kms import KmsFacts
from scanner.facts.messaging import EventsFacts, Queue, SnsFacts, SqsFacts, Subscription
from scanner.facts.monitoring import CloudWatchFacts, LogsFacts
from scanner.facts.organizations import ContactsFacts, OrganizationsFacts
from scanner.facts.profile import Profile
from scanner.facts.s3 import Bucket, S3Facts
from scanner.facts.snapshot import Snapshot
from scanner.facts.unread import NOT_READ, unread
from scanner.scope.relevance import (
    KeyName,
    Wanted,
    log_groups,
    metering_profiles,
    named_keys,
    named_topics,
    wanted_buckets,
)
from scanner.scope.sqs import marketplace_queues
from scanner.vocabulary import Listed, Unobserved, seen

log = logging.getLogger(__name__)

KINDS: Mapping[str, type[Any]] = {
    "iam": IamFacts,
    "catalog": CatalogFacts,
    "sns": SnsFacts,
    "events": EventsFacts,
    "sqs": SqsFacts,
    "ec2": Ec2Facts,
    "cloudtrail": CloudTrailFacts,
    "s3": S3Facts,
    "kms": KmsFacts,
    "organizations": OrganizationsFacts,
    "contacts": ContactsFacts,
    "cloudwatch": CloudWatchFacts,
    "logs": LogsFacts,
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
    "s3": s3.ACTIONS,
    "kms": kms.ACTIONS,
    "organizations": organizations.ACTIONS,
    "contacts": contacts.ACTIONS,
    "cloudwatch": cloudwatch.ACTIONS,
    "logs": logs.ACTIONS,
}
"""The IAM actions that reading a service takes, as its collectors declare them."""

BEFORE = {"sqs": ("sns", "events")}
"""What a service cannot be read without: subscriptions and rules name queues.

Other services wait for each other as well, but take what is in the plan.
"""

AFTER_TRAILS = frozenset({"kms", "cloudwatch", "logs"})
REGIONAL = frozenset({"ec2", "cloudtrail"})
GLOBAL = frozenset({"iam", "s3", "organizations", "contacts"})

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
    return tuple(sorted(name for one in services for name in BOTOCORE.get(one, (one,))))


ALL_ACTIONS = actions_for(KINDS)
"""Everything that a scan of all topics may ask: the content of the scan role."""


def collect(aws: Aws, plan: Plan, progress: Progress) -> dict[str, Any]:
    """Read all services beside each other; gives facts by field of the snapshot.

    A service that is not in the plan is unread, one whose collector broke is a gap.
    """
    for name in KINDS:
        if name in plan.services:
            progress.expect(name, ("",) if name in GLOBAL else (aws.home,))
    return _Visit(aws, plan, progress).everything()


class _Visit:
    """One run over the plan's services, one thread for each.

    Who needs names that another service gives waits for them, and for no more than them.
    """

    def __init__(self, aws: Aws, plan: Plan, progress: Progress) -> None:
        self._aws = aws
        self._plan = plan
        self._progress = progress
        self._found = Findings(KINDS)
        self._subscriptions = self._found.first("sns", _subscriptions_of)
        self._trails = self._found.first("cloudtrail", _trails_of)
        for name in KINDS.keys() - plan.services:
            self._found.tell(name, unread(KINDS[name]))
        if plan.services & REGIONAL:
            self._enabled = aws.begin(lambda: account.enabled_regions(aws, plan.regions))

    def everything(self) -> dict[str, Any]:
        """Read what is planned; gives facts by field of the snapshot."""
        aws, now = self._aws, self._plan.now
        collectors: Mapping[str, Callable[[], object]] = {
            "iam": lambda: iam.collect(aws),
            "catalog": lambda: catalog.collect(aws, now),
            "sns": lambda: sns.collect(aws, self._topics, self._subscriptions.set_result),
            "events": lambda: events.collect(aws),
            "sqs": self._queues,
            "ec2": lambda: ec2.collect(aws, self._regions, self._profiles),
            "cloudtrail": lambda: cloudtrail.collect(
                aws, self._regions(), now, self._trails.set_result
            ),
            "s3": lambda: s3.collect(aws, self._buckets),
            "kms": lambda: kms.collect(aws, self._first_keys, self._other_keys),
            "organizations": lambda: organizations.collect(aws),
            "contacts": lambda: contacts.collect(aws),
            "cloudwatch": lambda: cloudwatch.collect(
                aws, self._marketplace_queues(), self._alarm_regions(), now
            ),
            "logs": lambda: logs.collect(aws, log_groups(self._with_trails())),
        }
        planned = [name for name in KINDS if name in self._plan.services]
        aws.beside(*(partial(self._read, name, collectors[name]) for name in planned))
        return self._found.everything()

    def _read(self, name: str, ask: Callable[[], object]) -> None:
        try:
            self._wait_for_names(name)
            self._progress.begin(name)
            facts = ask()
        except (CannotReach, Stopped) as why:
            self._found.end(name, why)
            raise
        except Exception:  # a collector that breaks must not take the other services along
            log.exception("collector broke", extra={"service": name})
            gap = Unobserved("", BROKEN, detail=f"a fault of ours while reading {name}")
            facts = unread(KINDS[name], gap)
        self._progress.finish(name, gaps_in(facts))
        self._found.tell(name, facts)

    def _wait_for_names(self, name: str) -> None:
        """Services that have nothing to ask before they know names are waiting, not reading."""
        if name in AFTER_TRAILS:
            self._trails.result()
        if name == "sqs":
            self._subscriptions.result()
            self._found.of("events")

    def _so_far(self, **facts: Any) -> Snapshot:
        """A snapshot with some facts, of which scopes tell what matters in it."""
        return Snapshot(
            account=Account(self._aws.account, self._aws.partition),
            now=self._plan.now,
            profile=self._plan.profile,
            topics=(),
            scan_role="",
            **({name: unread(kind) for name, kind in KINDS.items()} | facts),
        )

    def _regions(self) -> Listed[str]:
        regions = self._enabled.result()
        for name in sorted(REGIONAL & self._plan.services):
            self._progress.expect(name, seen(regions))
        return regions

    def _with_iam(self, **facts: Any) -> Snapshot:
        return self._so_far(iam=self._found.of("iam"), **facts)

    def _with_trails(self, **facts: Any) -> Snapshot:
        trails = CloudTrailFacts(self._trails.result(), NOT_READ)
        return self._so_far(cloudtrail=trails, **facts)

    def _heard(self) -> SnsFacts:
        """What queues are told by: the subscriptions of the home region, known before the topics."""
        return SnsFacts(self._subscriptions.result(), NOT_READ)

    def _topics(self) -> Collection[str]:
        return named_topics(self._with_iam())

    def _queues(self) -> SqsFacts:
        rules = self._found.of("events")
        return sqs.collect(self._aws, self._heard(), rules, self._plan.profile)

    def _profiles(self) -> Listed[str]:
        return metering_profiles(self._with_iam())

    def _buckets(self, listed: Listed[Bucket]) -> Wanted:
        known = S3Facts(NOT_READ, listed)
        return wanted_buckets(self._with_trails(s3=known, iam=self._found.of("iam")))

    def _first_keys(self) -> Iterable[KeyName]:
        return named_keys(self._with_trails(sqs=self._found.of("sqs")))

    def _other_keys(self) -> Iterable[KeyName]:
        return named_keys(self._so_far(sns=self._found.of("sns"), s3=self._found.of("s3")))

    def _marketplace_queues(self) -> Iterator[Queue]:
        """Waits for the queues when the first is asked for, so that alarms are read meanwhile."""
        known = {"sqs": self._found.of("sqs"), "events": self._found.of("events")}
        yield from seen(marketplace_queues(self._so_far(sns=self._heard(), **known)))

    def _alarm_regions(self) -> Iterable[str]:
        """Alarms are where the metrics of log groups are."""
        groups = log_groups(self._with_trails())
        return [arn.split(":")[3] for arn in groups if GROUP.fullmatch(arn)]


def _subscriptions_of(facts: SnsFacts) -> Listed[Subscription]:
    return facts.subscriptions


def _trails_of(facts: CloudTrailFacts) -> Listed[Trail]:
    return facts.trails
