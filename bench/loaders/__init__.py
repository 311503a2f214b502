"""Programs that load all orders of a host; `bench.load` starts each in a fresh process.

Each takes what it needs from its arguments and the environment, and prints its `Usage`.
"""
