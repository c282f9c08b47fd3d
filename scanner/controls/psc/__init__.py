"""Controls of the topic the retired Product Support Connection."""
