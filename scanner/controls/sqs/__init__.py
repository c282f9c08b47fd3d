"""Controls of the topic Amazon SQS."""
