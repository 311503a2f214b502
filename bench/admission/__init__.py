"""A fleet of sellers in played time: the real admission code, real SQL, a played budget.

What is real: the tick's choice and its claims, the handing out of slices, the claim and the
giving back of each turn, when a stream is due again, all of it on a SQLite file. What is
played: time, the workers' threads, the marketplace, and the budget, by the rules of
`worker/gateway/scripts/book.lua` with its own ranks and floors.
"""
