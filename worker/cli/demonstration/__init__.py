"""`sellersync demo`: real processes against the sandbox, watched, then held to its truth."""
