"""How everything stands, in JSON values: read once for the command line and the web face."""
