"""Why Temu refuses a signature.

recipe       everything that goes into a signature, as a value that can be got wrong
values, wrapping    the known mistakes
diagnosis    the search among them, and what else is wrong with a request
"""
