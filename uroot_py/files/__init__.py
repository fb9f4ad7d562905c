"""Files as people see them: owners, modes, listings, trees."""
