"""Controls of the topic AMI policies."""
