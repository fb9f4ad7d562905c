"""From the places that hold systems to a loaded kernel: sources, survey, session."""
