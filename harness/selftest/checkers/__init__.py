"""The same faults before the gradient checkers that people use, at their defaults, beside this harness.

::

    jobs       which fault at which setting, dtype and length; and right rules
    kernel     a NumPy forward with a backward that has the fault: what every checker is given
    program    run by the Python that has a framework: its checkers, job by job
      of_torch  of_jax  of_mxnet   a kernel as an op of the framework, before its checkers
    ours       this harness before the same jobs
    score      all of them: caught, missed, false alarms, time per check
    table      as text
"""
