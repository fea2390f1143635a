"""A verified vjp beside the gradient checkers that people use: the same function at the same inputs, both warm.

::

    beside      asks each framework's Python for both by turns, and makes ratios of what it answers
    there       run there: this harness over 200 problems, or the framework's checkers, each in a process of its own
    verified    what is timed of this harness: the framework's calls, oracle, bounds, laws and verdicts
    of_torch  of_jax  of_mxnet   the framework's checkers of its own softmax, at their defaults
"""
