"""The queues that hear of Larkfield Systems' buyers."""

from sandbox.aws.seeds.documents import account_root, product_topic, queue_arn
from sandbox.aws.seeds.keeping import key
from sandbox.aws.seeds.larkfield_identities import PARTNER
from sandbox.aws.seeds.larkfield_products import GATEWAY_CODE, HOSTILE, RELAY_CODE
from sandbox.aws.seeds.making import HOME, Maker

_POLLED = {
    "NumberOfMessagesSent": [2.0, 1.0],
    "NumberOfMessagesReceived": [2.0, 1.0],
    "NumberOfEmptyReceives": [180.0, 180.0],
    "ApproximateAgeOfOldestMessage": [4.0, 2.0],
}
_FORGOTTEN = {
    "NumberOfMessagesSent": [3.0, 0.0, 1.0],
    "NumberOfMessagesReceived": [1.0, 0.0, 1.0],
    "ApproximateAgeOfOldestMessage": [9800.0, 6200.0, 2600.0],
}


def sow(maker: Maker) -> None:
    """Make the queues, their subscriptions and the key of one of them."""
    maker.queue("larkfield-relay-dead", tls=False, MessageRetentionPeriod="1209600")
    maker.queue("larkfield-gateway-dead", MessageRetentionPeriod="86400")
    _relay(maker)
    _gateway(maker)
    open_statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn(maker.account, "internal-jobs"),
    }
    maker.queue(
        "internal-jobs", statements=(open_statement,), tls=False, SqsManagedSseEnabled="false"
    )
    maker.subscribe(
        f"arn:aws:sns:{HOME}:{maker.account}:marketplace-reports", "email", "finance@example.com"
    )


def _relay(maker: Maker) -> None:
    name = "larkfield-relay-subscriptions"
    open_to_all = {
        "Sid": "AllowAll",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue_arn(maker.account, name),
    }
    maker.product_queue(
        name,
        product_topic("subscription", RELAY_CODE),
        statements=(open_to_all,),
        dead_letters="larkfield-relay-dead",
        metrics=_FORGOTTEN,
        ApproximateNumberOfMessages="3",
    )
    maker.product_queue(
        "larkfield-relay-entitlements",
        product_topic("entitlement", RELAY_CODE),
        metrics=_POLLED,
        SqsManagedSseEnabled="false",
    )


def _gateway(maker: Maker) -> None:
    name = "larkfield-gateway-events"
    partner = {
        "Sid": "partner", "Effect": "Allow", "Principal": {"AWS": account_root(PARTNER)},
        "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": queue_arn(maker.account, name),
    }  # fmt: skip
    maker.product_queue(
        name,
        product_topic("subscription", GATEWAY_CODE),
        statements=(partner,),
        dead_letters="larkfield-gateway-dead",
        tags={"owner": HOSTILE},
        KmsMasterKeyId=key(maker, "0b01d000-0000-4000-8000-00000000000c", "Queues of the gateway"),
    )
