"""The made-up world: shops, their orders and products, how they change, and the truth.

It knows nothing of HTTP, signatures or payloads; both look-alikes read from it.
"""
