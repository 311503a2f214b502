"""Whether this process still hears: what the worker and the beat watch themselves with."""
