"""Real processes under real faults: `make chaos`, and in a short form the tests.

Two beats, three workers, Valkey behind a proxy, PostgreSQL, and a sandbox in which orders and
products change all the time. One fault after the other, in a seeded order; after each, the
time until everything is well again; at the end, the database against the truth.
"""
