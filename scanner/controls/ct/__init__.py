"""Controls of the topic CloudTrail logging."""
