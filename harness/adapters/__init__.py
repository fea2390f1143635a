"""Adapters: one file per framework, and the only place that imports one.

::

    contract     what an adapter is
    framework    importing a framework, so that a missing one is a reason and not a crash
    registry     finding an adapter by its name, or in a file from outside
    reference  mxnet  torch  jax
"""
