"""The implementations a person would read, one op per module: forward, vjp, jvp, Jacobian, hvp, in the dtype given.

They are correct kernels and nothing more: what is true of them is in :mod:`reference.truth`. ``logits``, ``mask`` and
``targets`` hold what they share.
"""
