"""Laws that a right result obeys whatever the logits are: what they claim, and what rounding leaves of them.

Nothing here knows an exact value. What a law is allowed to miss is made of storage and summation; the sizes that
enter it (how the mass of a row is spread, how large a cotangent is) come from a softmax in plain float64.

::

    sizes         how the probabilities of each row are spread
    rounding      how far a kernel's probabilities may be from adding up to one
    accumulator   which accumulator a row is judged by
    finding       what a law has found in each row, and what becomes a violation
    forward       probabilities and exponentials of logarithms sum to one; logarithms and losses have their sign
    gradient      a vjp sums to zero along the axis, or to what is known of it
    directional   a jvp of softmax and every hvp sum to zero
    extremes      a logsumexp and a mean lie within what the extremes of their row allow
    symmetry      the Jacobian of softmax is symmetric
    translation   a shift that all logits of a row share changes nothing

The derivations are in ``reference/README.md``.
"""
