"""The ways on which notices leave this machine: one module for each kind of provider."""
