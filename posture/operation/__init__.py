"""What the people who run an installation do with it: look, mend, remove, save and restore."""
