"""Account 222233334444: as many users, roles, queues and images as a test of size wants."""

from sandbox.aws.asking import World
from sandbox.aws.seeds.documents import account_root, allow, ami_product, product_topic, trusts
from sandbox.aws.seeds.making import Maker

ACCOUNT = "222233334444"
GROUPS = 20
POLICIES = 30


def sow(
    world: World, *, users: int = 1000, roles: int = 1500, queues: int = 0, images: int = 0
) -> list[str]:
    """Fill the account with so many of each; returns its id.

    Every user is in one of 20 groups and every role holds one of 30 customer policies; every queue
    hears a product topic and every image belongs to one AMI product.
    """
    maker = Maker(world, ACCOUNT)
    _identities(maker, users, roles)
    for number in range(queues):
        maker.product_queue(
            f"queue-{number:04}", product_topic("subscription", f"product{number:04}")
        )
    _images(maker, images)
    return [ACCOUNT]


def _identities(maker: Maker, users: int, roles: int) -> None:
    policies = [
        maker.policy(
            f"policy-{number:02}", allow("aws-marketplace:ListEntities", f"s3:Get{number}")
        )
        for number in range(POLICIES)
    ]
    seller = "arn:aws:iam::aws:policy/AWSMarketplaceSellerProductsReadOnly"
    groups = [
        maker.group(f"group-{number:02}", attached=(policies[number], seller))
        for number in range(GROUPS)
    ]
    for number in range(users):
        maker.user(
            f"user-{number:04}", password=number % 40, mfa=True, groups=(groups[number % GROUPS],)
        )
    trust = trusts(account_root(ACCOUNT))
    for number in range(roles):
        inline = {"work": allow("logs:PutLogEvents", f"sqs:Send{number % 7}")}
        maker.role(
            f"role-{number:04}",
            trust=trust,
            used=number % 60,
            attached=(policies[number % POLICIES],),
            inline=inline,
        )


def _images(maker: Maker, images: int) -> None:
    versions = {}
    for number in range(images):
        shot = maker.snapshot(f"snap-{number:017x}")
        versions[f"1.{number}"] = maker.image(
            f"ami-{number:017x}", f"image-{number:04}", (shot,), imds_support="v2.0"
        )
    if versions:
        maker.entity("prod-many00000001", "AmiProduct", "Many", ami_product("Many", versions))
