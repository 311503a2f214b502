"""Celery's entry points: parse, call one use case, enqueue what it returned after commit."""
