"""Controls of the topic metering and entitlement."""
