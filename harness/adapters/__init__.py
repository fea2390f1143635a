"""Adapters: one class per framework, and the only place that imports one.

::

    contract     what an adapter is
      saved      what its forward keeps for its derivatives
    framework    importing a framework, so that a missing one is a reason and not a crash
    registry     finding an adapter by its name, or in a file from outside
      source     running it from its source
      functions  one made of the plain functions of such a file
        arguments  what they are handed of a call
        declared   what the file says of them
        exchange   arrays of the framework that they are written with
    device       making it, on the device asked for
    frames       where in its own lines it went wrong
    reference  mxnet  torch  jax
      <name>_ops        the ops, as that framework's users write them
      <name>_precision  what its kernels were seen to compute in
      jax_kept          what it has compiled before
      mxnet_lacks       what it cannot be asked for
      mxnet_modes       what its modes are made of
"""
