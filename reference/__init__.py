"""The mathematics of the harness: what is true of the softmax family, and how far a correct kernel may stray.

NumPy only; nothing here knows the harness, a file, or a framework. Read from top to bottom::

    formats, rows              what a floating point format is; an array as rows along one axis

    softmax, log_softmax,      the implementations a person would read, one per op: forward, vjp, jvp, Jacobian, hvp,
    softmin, logsumexp,        in the dtype given
    masked_softmax,
    masked_log_softmax,
    cross_entropy,
    softmax_output
    logits, mask, targets      what those share

    question                   an op, its primal and its parameters: what is asked
    doubledouble, elementary   106-bit arithmetic from 53-bit arithmetic; its exp and log
    shift, oracle              d = (x - max x) / T; the exact softmax of it, and what derivatives are made of
    exact_targets              targets of losses, and the weights of rows
    rules/                     the exact value of each quantity of each op, and the bound beside it
    block, undefined           rows with all that is asked of them; where convention says NaN
    reading, judgement         the rows read twice, at x and at the rounded x - max x; the rules applied to both
    reduction, placement       the losses of all rows added up; where results belong
    truth                      all of that behind one function
    ulp                        exact values rounded to a format, and errors in units of the last place

    constants, arithmetic      the few numbers that are measured and not derived; what a kernel computes in
    growth, bounds, found,     the largest error of a correct kernel, per element
    bounded, limits
    consistency, agreement,    whether the elements of a row agree on what they share
    votes/
    invariants, laws/          what holds of a result whatever its true value is
    scale                      how large the numbers are that a result is made of

The derivations are in README.md.
"""
