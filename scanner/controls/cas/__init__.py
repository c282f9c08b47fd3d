"""Controls of the topic Commerce Analytics."""
