"""What to put where: planners that return a Plan."""
