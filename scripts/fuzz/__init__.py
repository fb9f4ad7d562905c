"""Fuzzers; each says in its text how it is started."""
