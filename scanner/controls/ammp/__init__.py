"""Controls of the topic Management Portal access."""
