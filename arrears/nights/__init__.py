"""Several nights at once: what stands and what is missing, and how the missing ones are made."""
