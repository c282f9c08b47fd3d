"""The AWS account itself, as the resource of account-wide controls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """A seller's AWS account: 12-digit id and partition (aws, aws-cn, aws-us-gov)."""

    id: str
    partition: str = "aws"

    @property
    def key(self) -> str:
        """Resource key of account-wide outcomes (design 2.11)."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"Account {self.id}"

    @property
    def region(self) -> str:
        """Account-wide: no region."""
        return ""

    def key_in(self, region: str) -> str:
        """Resource key of an outcome about one region of the account."""
        return f"{self.key}@{region}" if region else self.key
