"""Look-alikes of the marketplaces over HTTP, for demos, tests and users' own CI.

Nothing here is shared with the code that talks to the real marketplaces: signatures,
payloads and the truth to compare with are made by the sandbox's own code, so that a
mistake there cannot hide here. The sandbox imports nothing of ours but `worker.domain`.
"""
