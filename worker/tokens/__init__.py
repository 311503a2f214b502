"""Tokens: when to refresh, the refresh itself, its journal, how a seller is connected."""
