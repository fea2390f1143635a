"""Adapters: one class per framework, and the only place that imports one.

::

    contract     what an adapter is
    framework    importing a framework, so that a missing one is a reason and not a crash
    registry     finding an adapter by its name, or in a file from outside
      source     running it from its source
    reference  mxnet  torch  jax
      <name>_ops        the ops, as that framework's users write them
      <name>_precision  what its kernels were seen to compute in
      mxnet_lacks       what it cannot be asked for
      mxnet_modes       what its modes are made of
"""
