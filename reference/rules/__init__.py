"""One module per function of the family: the exact value of each quantity, and the bound of a correct kernel beside it.

Every function takes a :class:`~reference.reading.Reading` of rows, vectors scaled by powers of two, and returns a
:class:`~reference.bounded.Bounded`. The derivations are in ``reference/README.md``.

::

    table           which rule answers which quantity of which op
    vector          cotangents and tangents, scaled row by row
    softmax         s_i and J v, H[v] w
    log_softmax     l_i, v_i - s_i V, w_i - <s, w>, -V s_i (w_i - <s, w>)
    logsumexp       m + log S, c s_i, <s, w>, c s_i (w_i - <s, w>)
    cross_entropy   -<q, l> and its derivatives
    softmax_output  MXNet's: s_i forwards, (s_i - q_i) c backwards
"""
