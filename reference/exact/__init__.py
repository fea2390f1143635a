"""Far beyond float64: the exact softmax.

From numbers to distributions::

    doubledouble           a number as an unevaluated sum of two: about 106 significant bits
    elementary             its exp and log
    oracle                 the exact softmax of rows, and what derivatives of the family are made of
    targets                the targets of losses as exact distributions, and the weight of each row
"""
