"""The shared budget beside the best rate limiters that others made, on a real Valkey.

Every limiter gets the same callers, real processes of several threads, and is judged as
strictly as a marketplace could: by each sliding second of arrivals.
"""
