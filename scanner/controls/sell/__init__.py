"""Controls of the topic seller policies and permissions."""
