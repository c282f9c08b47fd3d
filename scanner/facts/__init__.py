"""Facts: what was seen in one account, frozen, one module per AWS service, without opinions."""
