"""The system behind the tasks; layers import downward only (docs/architecture.md)."""

from config.frugal import import_without

# For tracebacks with the values of variables, which no log of ours may show.
import_without("structlog", "rich")
