"""The checks of `sellersync doctor`: each looks at one thing and says what it found.

They change nothing: no token is refreshed, no row is written, and what is sent to a
marketplace only reads. One module per check, and a course that knows which check needs which.
"""
