"""What people attest where no API decides: who said what, when, on which evidence, until when."""

from django.db import models
from django.db.models import Q

from posture.models.tenancy import OrganisationOwned, one_of, within_organisation

MOST_BYTES = 2 << 20
"""A document that proves an answer is a page or two, not an archive."""


class Answer(models.TextChoices):
    """Whether the statement is true."""

    YES = "yes"
    NO = "no"


class AttestationEnd(models.TextChoices):
    """Why an attestation is not in force any more; empty while it is.

    It is replaced by a newer answer or, by nobody, by what a scan could see again.
    """

    EXPIRED = "expired"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class Attestation(OrganisationOwned):
    """A named person's dated answer to a manual control, or to one that a refused call left open.

    It is in force until `valid_until`, or until it is replaced or withdrawn. The answer itself is
    never changed; `ended_at`, `end` and `ended_by` are written once.
    """

    Answer = Answer

    End = AttestationEnd

    account = within_organisation("posture.Account", related_name="attestations")
    control = models.TextField()
    resource = models.TextField()
    answer = models.TextField(choices=Answer.choices)
    statement = models.TextField()
    """The sentence that was confirmed or denied, as it read on that day."""
    note = models.TextField(blank=True)
    evidence_url = models.TextField(blank=True)
    evidence_name = models.TextField(blank=True)
    evidence = models.BinaryField(null=True)
    by = models.ForeignKey("posture.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end = models.TextField(choices=End.choices, blank=True, default="")
    ended_by = models.ForeignKey(
        "posture.User", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = (
            one_of(Answer, "answer", "attestation_answer_known"),
            models.CheckConstraint(
                condition=Q(valid_until__gt=models.F("at")), name="attestation_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="")
                | Q(ended_at__isnull=False, end__in=AttestationEnd.values),
                name="attestation_ends_with_reason",
            ),
            models.UniqueConstraint(
                fields=("account", "control", "resource"),
                condition=Q(ended_at__isnull=True),
                name="one_attestation_in_force",
            ),
        )
        indexes = (
            models.Index(fields=("account", "control", "-at"), name="attestation_history"),
            models.Index(
                fields=("valid_until",),
                condition=Q(ended_at__isnull=True),
                name="attestation_to_expire",
            ),
        )

    def __str__(self) -> str:
        return f"{self.control}: {self.answer}"
