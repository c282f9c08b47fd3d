"""M-AMMP-3: who reads the root user's mail can take the account over."""

from __future__ import annotations

from scanner.control import Reference
from scanner.evidence import Fact, Piece
from scanner.facts.snapshot import Snapshot
from scanner.manual import attested
from scanner.vocabulary import known

READ = "account:GetAlternateContact"


def hint(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Whether the account names somebody else for security matters."""
    is_set = known(snapshot.contacts.security)
    return (Fact("Alternate contact for security", "set" if is_set else "not set", READ),)


CONTROL = attested(
    module=__name__,
    title="The root mailbox is real, monitored and belongs to a role",
    statement="The root user's address is a mailbox of our own, no alias, that several people in"
    " charge read every working day.",
    risk="Warnings of AWS go unread, and whoever inherits the mailbox can reset the root password.",
    steps=(
        "Choose a mailbox of a role, such as aws-root at your domain, that two or more people read.",
        "It must be a mailbox, not an alias or a list that forwards to persons.",
        "As the root user open Account, Account details, and change the address.",
        "Under Alternate contacts name a contact for security (FSBP Account.1).",
    ),
    references=(
        Reference("AWS Marketplace Seller Guide, account considerations"),
        Reference("CIS AWS Foundations Benchmark 3.0, 1.2"),
        Reference(
            "AWS Foundational Security Best Practices, Account.1",
            "https://docs.aws.amazon.com/securityhub/latest/userguide/account-controls.html",
        ),
    ),
    hint=hint,
    reads=("contacts.security",),
)
