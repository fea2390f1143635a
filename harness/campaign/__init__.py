"""A campaign: thousands of random problems per framework, to see whether the harness cries wolf, and whether it sleeps.

::

    sample    problem k of seed s: op, dtype, shape, logits, cotangent, tangent, for ever the same bits
      dice    its random numbers
      logits  heads   kinds of rows, kinds of cotangents and tangents
    campaign  chunks of problems, one after the other
      interpreter, recorder   every adapter in its own Python, by `harness record`
      chunk   sample -> plan -> recordings -> harness.compare -> cells, findings
      kept    what a finished chunk leaves on the disk
    cell      counts and worst shares of one adapter, op, dtype and quantity
    table, account, examine   the same for a reader: all of them, or one problem in full
"""
