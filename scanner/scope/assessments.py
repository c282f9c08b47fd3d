"""What AWS Marketplace found when it assessed the products on sale (AMI-21, CTR-01)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from scanner.evidence import Fact
from scanner.facts.catalog import Assessment, Product
from scanner.facts.snapshot import Snapshot
from scanner.scope.products import Kind, products_of
from scanner.vocabulary import HOME_REGION, Listed, Severity, Unobserved, derived, gaps, seen

LIST = "aws-marketplace:ListAssessments"
DESCRIBE = "aws-marketplace:DescribeAssessment"
PUBLIC = "Public"
NEAR = timedelta(days=30)
LONG_AGO = datetime.min.replace(tzinfo=UTC)

FRAMEWORKS = {Kind.AMI: "AMISecurity", Kind.CONTAINER: "ContainerSecurity"}


@dataclass(frozen=True, slots=True)
class AssessedProduct:
    """A product that AWS assesses by the framework of its kind."""

    product: Product
    kind: Kind

    @property
    def key(self) -> str:
        """The entity's ARN."""
        return self.product.arn

    @property
    def name(self) -> str:
        """The product's name, else its id."""
        return self.product.name or self.product.id

    @property
    def region(self) -> str:
        """The catalog lives in one region."""
        return HOME_REGION

    @property
    def framework(self) -> str:
        """The framework without its version."""
        return FRAMEWORKS[self.kind]

    @property
    def may_be_public(self) -> bool:
        """Whether everybody can subscribe to it, or may for all that the catalog says."""
        return self.product.visibility in {"", PUBLIC}


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason to fail, and how bad it is."""

    reason: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Review:
    """What the newest assessments of a product say.

    `hidden` may be a failed assessment, `missing` is what those that were read leave open.
    """

    newest: tuple[Assessment, ...]
    faults: tuple[Fault, ...]
    hidden: tuple[Unobserved, ...]
    missing: tuple[Unobserved, ...]
    evidence: tuple[Fact, ...]


def assessed_products(snapshot: Snapshot, kind: Kind) -> Listed[AssessedProduct]:
    """All products of a kind; public or not is for the control to say."""
    listed = products_of(snapshot, kind)
    return derived(listed, lambda product: [AssessedProduct(product, kind)])


def review(one: AssessedProduct, now: datetime) -> Review:
    """Judge the newest assessment of each delivery option that buyers can get.

    A list that was read whole and is empty leaves the requirement unmet without showing a flaw:
    that is low. Assessments of options that are not public count only if nothing tells them apart.
    """
    own = [
        found
        for found in seen(one.product.assessments)
        if found.framework.partition("@")[0] == one.framework
    ]
    newest = _newest(own)
    public = _public_options(one.product)
    judged = [found for found in newest if found.option in public]
    named = _options(one.product).keys()
    comparable = (
        bool(public)
        and any(found.option in named for found in newest)
        and not _options_unread(one.product)
    )
    if not comparable:
        judged = newest
    listing = gaps(one.product.assessments)
    faults = [fault for found in judged for fault in _faults(found, now)]
    if not listing:
        done = {found.option for found in judged}
        late = sorted(public - done) if comparable else []
        faults += _absent(one, late, nothing=not judged)
    hidden = (*listing, *(gap for found in judged for gap in _unclear(found)))
    missing = (gap for found in judged for gap in _missing(found))
    evidence = [fact for found in judged for fact in _told(found)]
    left = ", ".join(found.option or found.id for found in newest if found not in judged)
    evidence += [Fact("Options that are not public, not judged", left, LIST)] * bool(left)
    return Review(tuple(judged), tuple(faults), hidden, tuple(missing), tuple(evidence))


def _newest(assessments: Iterable[Assessment]) -> list[Assessment]:
    """The newest assessment of each delivery option; of two of one age the one that failed."""
    found: dict[str, Assessment] = {}
    for one in assessments:
        if one.option not in found or _rank(one) > _rank(found[one.option]):
            found[one.option] = one
    return list(found.values())


def _rank(one: Assessment) -> tuple[datetime, bool]:
    return _age(one), one.result == "FAIL"


def _age(one: Assessment) -> datetime:
    return one.created or LONG_AGO


def _options(product: Product) -> Mapping[str, str]:
    """The visibility of each delivery option, by its id."""
    return {
        option.id: option.visibility
        for version in seen(product.versions)
        for option in seen(version.options)
    }


def _public_options(product: Product) -> frozenset[str]:
    shown = _options(product).items()
    return frozenset(option for option, visibility in shown if visibility in {"", PUBLIC})


def _options_unread(product: Product) -> bool:
    versions = product.versions
    return bool(gaps(versions)) or any(gaps(version.options) for version in seen(versions))


def _faults(one: Assessment, now: datetime) -> Iterator[Fault]:
    what = f"The {one.framework} assessment of {_subject(one)}"
    if one.result == "FAIL":
        failing = [found for found in seen(one.controls) if found.result == "FAIL"]
        named = "; ".join(" ".join((found.control, *found.errors)) for found in failing)
        why = f": {named.rstrip('.')}" if named else ""
        yield Fault(f"{what} failed{why}.", Severity.HIGH)
    elif one.expires is not None and one.expires <= now:
        yield Fault(f"{what} expired on {one.expires:%Y-%m-%d}.", Severity.MEDIUM)
    elif one.expires is not None and one.expires <= now + NEAR:
        days = (one.expires - now).days
        yield Fault(f"{what} expires in {days} days, on {one.expires:%Y-%m-%d}.", Severity.MEDIUM)


def _absent(one: AssessedProduct, options: Sequence[str], *, nothing: bool) -> Iterator[Fault]:
    if nothing:
        yield Fault(f"No {one.framework} assessment of {one.name} is on record.", Severity.LOW)
    for option in options:
        reason = f"No {one.framework} assessment of delivery option {option} is on record."
        yield Fault(reason, Severity.LOW)


def _unclear(one: Assessment) -> Iterator[Unobserved]:
    if one.result not in {"PASS", "FAIL"}:
        detail = f"assessment {one.id}: {one.result or 'none'}"
        yield Unobserved(LIST, "UnknownResult", HOME_REGION, detail)


def _missing(one: Assessment) -> Iterator[Unobserved]:
    """What a passed assessment leaves open: a date, its controls, or those it did not run."""
    if one.result == "FAIL":
        return
    where = f"assessment {one.id}"
    if one.expires is None:
        yield Unobserved(LIST, "FieldMissing", HOME_REGION, f"ExpiresAt of {where}")
    yield from (replace(gap, detail=gap.detail or where) for gap in gaps(one.controls))
    skipped = [found.control for found in seen(one.controls) if found.result == "NOT_EXECUTED"]
    if skipped:
        detail = f"{where} did not run {', '.join(skipped)}"
        yield Unobserved(DESCRIBE, "NotExecuted", HOME_REGION, detail)


def _told(one: Assessment) -> Iterator[Fact]:
    until = f", expires {one.expires:%Y-%m-%d}" if one.expires else ", no date of expiry"
    made = f" of {one.created:%Y-%m-%d}" if one.created else ""
    yield Fact(f"{one.framework} of {_subject(one)}", f"{one.result}{made}{until}", LIST)
    for found in seen(one.controls):
        if found.result == "FAIL":
            yield Fact(f"Failed: {found.control}", "; ".join(found.errors) or "no code", DESCRIBE)
        elif found.result == "EXEMPTION_PASS":
            yield Fact(f"Passed by exemption: {found.control}", one.id, DESCRIBE)


def _subject(one: Assessment) -> str:
    return f"delivery option {one.option}" if one.option else "the product"
