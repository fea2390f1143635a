"""Why a derivative is zero although nothing is wrong.

::

    rows    --> one problem as rows: vectors, probabilities, the true derivative, and which rows of it are zero
    cause   --> the closed set of causes, in the order in which they decide
    causes  --> which of them hold in which rows, by the mathematics alone
    proof   --> the numbers that show it
    remedy  --> the one change that ends a cause, as a call; applied, and answered by the oracle
    reasons --> what each cause is, in words; words: the paragraph that says all this. They are the only place that
                does, for page, summary and terminal
    find    --> one :class:`~harness.compare.zeros.find.ZeroGradient` per cause that decides some rows
    flush   --> numbers that one adapter returned as 0 although the truth is a number of the dtype

A row counts as zero where its every element is, or has zero within a rounding bound that proves something. Several
causes can hold in one row; the first in their order decides, and the others are named beside it.
"""
