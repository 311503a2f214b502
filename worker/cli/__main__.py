"""`python -m worker.cli` is the command `sellersync`, wherever that is installed."""

from worker.cli.program import main

main()
