"""The settings as the type checker loads them: real ones, over an environment that leads nowhere."""

import os

from sandbox.services import generate_secrets

os.environ.setdefault("DATABASE_URL", "postgresql://app@127.0.0.1:1/posture")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
os.environ.setdefault("SCANNER_PRINCIPAL_ARN", "arn:aws:iam::999988887777:user/seller-posture")
for _name, _value in generate_secrets().items():
    os.environ.setdefault(_name, _value)

from posture.settings import *  # noqa: E402, F403 - the environment has to be there first
