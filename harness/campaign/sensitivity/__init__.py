"""How small an error of a single element is seen: by this harness, and by the checks that people use instead.

::

    trials     rows of logits, a correct result, the exact one, where an error is planted, and the judge of them
    search     the smallest size at which a check flags it
    ours       the check of this harness: its judge
    checks     numpy's, PyTorch's and MXNet's own, at their defaults, each run in the Python that has it
    figure     what is measured of one check in one cell
    kept       what is finished of a long measurement
    measure    all of it, cell by cell
    table      as text, and back
    summary    what the README of the campaign shows of it
"""
