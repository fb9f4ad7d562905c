"""Commands that must run in the shell itself, because they change it, by topic."""
