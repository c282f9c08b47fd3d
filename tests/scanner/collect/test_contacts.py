"""Whether there is a contact for security is known; who it is, is not kept."""

from __future__ import annotations

from scanner.aws import Kind, Trouble
from scanner.collect import contacts
from scanner.facts.organizations import ContactsFacts
from scanner.vocabulary import Unobserved
from tests.fakes import DENIED, FakeAws, Reply

GET = "account:GetAlternateContact"
SAID = {"AlternateContact": {"Name": "Dana Fox", "EmailAddress": "dana@example.com"}}


def read(reply: Reply) -> ContactsFacts:
    return contacts.collect(FakeAws({GET: reply}))


def test_a_contact_is_a_yes_without_a_name() -> None:
    facts = read(SAID)
    assert facts.security is True
    assert "Dana" not in repr(facts)


def test_the_contact_for_security_is_asked_for() -> None:
    aws = FakeAws({GET: SAID})
    contacts.collect(aws)
    assert aws.asked == [(GET, "us-east-1", {"AlternateContactType": "SECURITY"})]


def test_a_contact_that_is_not_set_is_a_no() -> None:
    assert read(Trouble("ResourceNotFoundException", Kind.OTHER)).security is False


def test_a_refused_or_empty_answer_is_unobserved() -> None:
    assert read(DENIED).security == Unobserved(GET, "AccessDenied", "", DENIED.detail)
    gap = read({}).security
    assert isinstance(gap, Unobserved)
    assert gap.error == "BadAnswer"
