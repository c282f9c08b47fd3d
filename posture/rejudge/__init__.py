"""Judging stored snapshots again by newer controls: the bridge to scanner.scan.replay.

AWS is not asked. What the newer controls find in the facts of an account's last scan changes its
findings and score as a scan would, marked as found by rejudgement; a newer scan always wins.
"""

from posture.rejudge.requesting import NothingToJudgeError, hand_out, request
from posture.rejudge.running import Claim, claim, run

__all__ = ["Claim", "NothingToJudgeError", "claim", "hand_out", "request", "run"]
