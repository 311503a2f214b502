"""`/metrics`: how everything stands, read from the database and Redis when it is asked for.

routes      the address
collector   puts the parts together, and says which of them could not be read
families    how one metric is written
sellers     authorizations and their tokens
streams     freshness, completeness, what is overdue
records     what is stored, and what waits to be looked at
budgets     what each app sends and may send
calls       what became of the calls
queues      messages for the workers
canaries    whether every queue is served
shops       a series for each shop, only where it is asked for
webhooks    deliveries of marketplaces to this process

All numbers but the last one's are those of the whole installation: ask one web face for
them. Labels are apps, streams, states and the like, of which there are few however many
shops there are.
"""

from worker.web.metrics.routes import routes

__all__ = ["routes"]
