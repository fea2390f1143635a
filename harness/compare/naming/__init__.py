"""What is wrong with a wrong result: which faults of the catalogue explain it, and how well.

::

    wrong      a result beside what was asked, and which of its rows are wrong
    fit        whether it agrees with a formula, or with a multiple of one
    search     the catalogue, multiples, two faults at once: from cheap to dear
    scalar     what a row shares, where it is that which is off
    logsum     a log S that is off, in derivatives and losses
    name       all of that for one verdict
    words      in the sentence and the evidence of a finding
"""
