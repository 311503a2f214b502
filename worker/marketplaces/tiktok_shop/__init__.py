"""TikTok Shop, for sellers in every market: one zone, one app, tokens per seller.

settings     the app, from the environment
signing      the signature of requests and webhooks; explanation shows it step by step,
             refusal tells why one was refused
calls        what is asked, before keys and time; wire turns it into signed bytes
replies      the envelope: a payload, or a typed error by the table in codes
tokens       exchange, refresh, the shops of a grant
orders, products, legacy    conversations and how their rows are read
"""

from worker.marketplaces.tiktok_shop.marketplace import MARKETPLACE

__all__ = ["MARKETPLACE"]
