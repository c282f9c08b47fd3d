"""Template tags: icons and marks, charts, times, names from other people's accounts, code blocks."""
