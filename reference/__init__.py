"""The mathematics of the harness: what is true of softmax and log_softmax, and how far a correct kernel may stray.

NumPy only; nothing here knows the harness, a file, or a framework. Read from top to bottom::

    formats        what a floating point format is
    rows           an array as rows along one axis
    softmax        the implementation a person would read: forward, vjp, jvp, Jacobian, in the dtype given
    log_softmax    the same for the logarithm

    doubledouble   106-bit arithmetic from 53-bit arithmetic
    elementary     its exp and log
    oracle         the exact values, for the input's very bits
    ulp            values and errors in units of the last place

    constants      the few numbers in the bounds that are measured and not derived
    bounds         the largest error of a correct kernel, per element
    consistency    whether the elements of a row agree on what they share
    truth          all of it behind two functions: ``truth`` and ``row_consistency``

The derivations are in README.md.
"""
