"""The only code that talks HTTP: budget, sign, send, read, decide, retry.

A marketplace says what a call looks like and what a reply means; this package knows when it
may be sent, what the time is over there, and what to do when it went wrong. Start at
`caller.Gateway`. It knows neither any marketplace nor the database.
"""

from config.frugal import import_without

# For coroutines of its own.
import_without("tenacity", "tornado")
# For guessing what texts are written in; ours are bytes.
import_without("requests", "charset_normalizer")
