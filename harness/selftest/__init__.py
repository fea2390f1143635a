"""The negative control: every wrong rule of the catalogue becomes a wrong adapter, which must be caught and named.

::

    settings   ops with their parameters, and which shapes, dtypes and lengths each is tried at
    problems   a setting at one dtype and length: logits, five cotangents, and a second sort of logits
    kernels    the wrong adapter of a fault
    slips      wrong kernels written step by step, without the formulas of the catalogue
    written    these as adapters
    right      right kernels
    bench      problems under their judge; what became of one result
    change     by how much a result differs from the truth, measured without the judge
    trial      kernels before one quantity of a bench
    control    every fault, every slip, every right kernel, every problem
    counts     what became of their results
    verdict    what has to hold of the counts
    text       counts for a reader, and as CSV
    catalogue  the catalogue for a reader
    checkers   the same faults before the gradient checkers that frameworks bring
"""
