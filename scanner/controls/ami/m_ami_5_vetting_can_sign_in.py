"""M-AMI-5: AWS signs in to an instance of every version to vet it."""

from __future__ import annotations

from scanner.control import Reference
from scanner.manual import attested
from scanner.scope.ami import sells_images
from scanner.scope.image_hints import scanning_ports

CONTROL = attested(
    module=__name__,
    title="AWS can sign in to vet the image",
    statement="In an instance of every version, SSH (or SSM, WinRM or SMB for Windows) answers on the"
    " declared port to 10.0.0.0/16 and 10.2.0.0/16.",
    risk="The scan cannot sign in, and the version is rejected.",
    steps=(
        "Launch the image in a network of 10.0.0.0/16 and in one of 10.2.0.0/16 and sign in on"
        " the declared port as the declared user; the evidence shows both.",
        "Look at the firewall inside the guest (nftables, firewalld, ufw, Windows Firewall) and"
        " at sshd's ListenAddress and AllowUsers.",
        "Correct the declared port and user name of the version if they differ.",
    ),
    references=(
        Reference(
            "AWS Marketplace Seller Guide: Giving AWS Marketplace access to your AMI",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/single-ami-marketplace-ami-access.html",
        ),
        Reference(
            "AWS Marketplace Seller Guide: Best practices for building AMIs",
            "https://docs.aws.amazon.com/marketplace/latest/userguide/best-practices-for-building-your-amis.html",
        ),
    ),
    valid_days=90,
    hint=scanning_ports,
    applies=sells_images,
    not_applicable_because="No AMI product is sold from this account.",
    reads=("catalog.products",),
)
