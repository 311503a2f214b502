"""The system behind the tasks; layers import downward only (docs/architecture.md)."""
