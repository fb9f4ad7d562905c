"""The language of the recovery shell."""
