"""Which due work is let in now."""
