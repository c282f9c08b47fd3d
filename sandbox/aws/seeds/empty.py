"""Account 777788889999: a seller that has just registered, with nothing in it."""

from sandbox.aws.asking import World

ACCOUNT = "777788889999"


def sow(world: World) -> list[str]:
    """An account without users, roles, queues, images or trails."""
    world.account(ACCOUNT)
    return [ACCOUNT]
