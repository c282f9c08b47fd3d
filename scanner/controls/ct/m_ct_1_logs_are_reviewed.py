"""M-CT-1: that a log exists does not say that anybody looks into it."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.scope.alerts import Watch, watches
from scanner.scope.ct import trails
from scanner.vocabulary import gaps, seen


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """What alerts somebody, as CT-08 sees it, and whether a trail serves the organisation."""
    facts = [fact for watch in watches(snapshot) for fact in _told(watch)]
    shared = [one.name for one in seen(trails(snapshot)) if one.organization]
    names = ", ".join(shared) or "none"
    facts.append(Fact("Trails of the organisation", names, "cloudtrail:DescribeTrails"))
    facts += [Fact("Not read", gap.sentence()) for gap in gaps(trails(snapshot))]
    return tuple(facts)


def _told(watch: Watch) -> list[Fact]:
    if watch.heard:
        return list(watch.by)
    if watch.gaps:
        return [Fact(f"Alert on {watch.matter.title}", watch.gaps[0].sentence())]
    return [Fact(f"Alert on {watch.matter.title}", "none")]


CONTROL = attested(
    module=__name__,
    title="Somebody reviews the logs and who stands behind the events",
    statement="Somebody reviews our CloudTrail logs regularly, asks who made unexpected calls, and"
    " has the logs of all accounts that we sell with.",
    risk="A stranger's calls stand in the log for months, and nobody has read them.",
    steps=(
        "Decide who reads the events of Marketplace, IAM and CloudTrail, and how often.",
        "Look at userIdentity of the calls, and ask after each name that you did not expect.",
        "Where several accounts sell or meter, collect their trails in one place.",
        "Write down date, reader and what was found, and keep it as evidence.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Logging AWS Marketplace API calls with AWS CloudTrail",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/cloudtrail-logging.html",
        ),
    ),
    hint=hint,
    reads=("cloudtrail.trails", "logs.filters", "cloudwatch.alarms", "events.rules"),
)
