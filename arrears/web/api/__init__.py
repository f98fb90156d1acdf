"""The same for programs: the list, a case, and what can be done with it, as JSON with the same rights."""
