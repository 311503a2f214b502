"""Temu's routers in three zones, as far as a reader of orders and goods needs them."""
