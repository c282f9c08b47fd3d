"""The snapshot: all facts of one scan with the moment they were taken and the profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scanner.facts.account import Account
from scanner.facts.catalog import CatalogFacts
from scanner.facts.cloudtrail import CloudTrailFacts
from scanner.facts.ec2 import Ec2Facts
from scanner.facts.iam import IamFacts
from scanner.facts.kms import KmsFacts
from scanner.facts.messaging import EventsFacts, SnsFacts, SqsFacts
from scanner.facts.monitoring import CloudWatchFacts, LogsFacts
from scanner.facts.organizations import ContactsFacts, OrganizationsFacts
from scanner.facts.profile import Profile
from scanner.facts.s3 import S3Facts
from scanner.vocabulary import Topic


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Snapshot:
    """Frozen facts of one visit; compared by identity so that scopes can be remembered per snapshot.

    `topics` are those that this scan tried to read; facts of services that no chosen topic needs
    are Unobserved with the error "NotRead" and no control of another topic is judged.
    """

    account: Account
    now: datetime
    profile: Profile
    topics: tuple[Topic, ...]
    scan_role: str
    """ARN of our own role in the account, left out of judgement; empty when there is none."""
    iam: IamFacts
    sns: SnsFacts
    sqs: SqsFacts
    events: EventsFacts
    ec2: Ec2Facts
    catalog: CatalogFacts
    cloudtrail: CloudTrailFacts
    s3: S3Facts
    kms: KmsFacts
    organizations: OrganizationsFacts
    contacts: ContactsFacts
    cloudwatch: CloudWatchFacts
    logs: LogsFacts
