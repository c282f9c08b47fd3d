"""What people reach in the portal, as a table for whoever attests (controls.md M-SELL-1)."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.evidence import Fact
from scanner.facts.snapshot import Snapshot
from scanner.policy import AGREEMENTS, FINANCE_WRITE, PORTAL_CORE, PORTAL_WRITE
from scanner.scope.holder import READ_BY, Holder
from scanner.scope.sell import called, sellers
from scanner.vocabulary import gaps, seen

MANAGEMENT = "aws-marketplace-management:"
VERIFICATION = frozenset(
    f"{MANAGEMENT}{verb}{what}VerificationDetails"
    for verb in ("Get", "Put")
    for what in ("Seller", "BankAccount", "SecondaryUser")
)

TABS = {
    "change products and offers": frozenset({"aws-marketplace:StartChangeSet"}),
    "see products and offers": frozenset({"aws-marketplace:ListEntities"}),
    "upload files": frozenset({f"{MANAGEMENT}uploadFiles"}),
    "see reports": frozenset({f"{MANAGEMENT}viewReports", "aws-marketplace:GetSellerDashboard"}),
    "contact support": frozenset({f"{MANAGEMENT}viewSupport"}),
    "see agreements": AGREEMENTS - PORTAL_WRITE,
    "change agreements": AGREEMENTS & PORTAL_WRITE,
    "see or change identity, bank and secondary users": VERIFICATION,
    "change payouts and tax": frozenset(
        one for one in FINANCE_WRITE if one.startswith(("tax:", "payments:"))
    ),
}
"""Parts of the portal, by the actions that open them."""

ASKED = PORTAL_CORE | FINANCE_WRITE | AGREEMENTS
MOST_ROWS = 20


def portal_table(snapshot: Snapshot) -> Iterator[Fact]:
    """One fact per principal of the portal, those with most first, at most twenty, and the gaps."""
    listed = sellers(snapshot)
    rows = [(called(one), _opens(one)) for one in seen(listed)]
    rows.sort(key=lambda row: (-len(row[1]), row[0]))
    for who, what in rows[:MOST_ROWS]:
        yield Fact(who, ", ".join(what), READ_BY)
    if len(rows) > MOST_ROWS:
        yield Fact("More principals of the portal", str(len(rows) - MOST_ROWS), READ_BY)
    for gap in gaps(listed):
        yield Fact("Not read", gap.sentence(), gap.action)


def _opens(holder: Holder) -> list[str]:
    rights = holder.grants(ASKED)
    opened = [tab for tab, actions in TABS.items() if rights.has_any(actions)]
    return [
        *opened,
        *([] if opened or not rights else ["other pages"]),
        *(["maybe more, by policies that were not read"] if holder.gaps else []),
    ]
