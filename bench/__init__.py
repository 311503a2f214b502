"""How fast it is and what it costs; `python -m bench` prints tables, nothing is judged."""
