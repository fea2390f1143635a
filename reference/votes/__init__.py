"""What each element of a row says of the scalar that the row shares, by op and quantity; derived in ``../README.md``.

::

    forward     s_i / exact s_i = 1 + kappa, l_i - exact l_i = c
    gradient    v_i - g_i / s_i = t, (v_i - g_i) / exp(l_i) = V, w_i - g_i = mu
    loss        (g_i + c q_i) / (c Q s_i) = 1 + kappa, for the losses and logsumexp
"""
