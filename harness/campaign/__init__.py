"""A campaign: thousands of random problems per framework, to see whether the harness cries wolf, and whether it sleeps.

::

    sample    problem k of seed s: op, dtype, shape, arrays and parameters, for ever the same bits
      dice    its random numbers
      frames  shapes and parameters, few of them: what JAX compiles
      logits  heads  masks  targets   kinds of rows, of cotangents and tangents, and of what stands beside them
    campaign  chunks of problems, one after the other
      interpreter, recorder   every adapter in its own Python, by `harness record`
      program                 another program there, asked a question in JSON
      chunk   sample -> plan -> recordings -> harness.compare -> cells, findings
      kept    what a finished chunk leaves on the disk
    cell      counts and worst shares of one adapter, op, dtype and quantity
    table, account, examine   the same for a reader: all of them, or one problem in full
"""
