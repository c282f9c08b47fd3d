"""Pages: each view parses a request, asks one verb or reads rows through access, and renders."""
