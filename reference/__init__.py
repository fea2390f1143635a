"""The mathematics of the harness: what is true of the softmax family, and how far a correct kernel may stray.

NumPy only; nothing here knows the harness, a file, or a framework. Read from top to bottom::

    formats, rows, ops         what a floating point format is; an array as rows along one axis; the family in a table
    batch                      the batch that rows are some of
    rowwise                    sums, counts and largest elements of many short rows
    plain/                     the implementations a person would read, one op per module

    question                   an op, its primal and its parameters: what is asked
    exact/                     the exact softmax, in 106-bit arithmetic made of 53-bit arithmetic
    bounds/                    the largest error of a correct kernel: the pieces that every bound is made of
    rules/                     the exact value of each quantity of each op, and the bound beside it
    block, undefined           rows with all that is asked of them; where convention says NaN
    judgement                  the rules applied to rows, at one of two readings: at x, or at the rounded x - max x
    reduction, placement       the losses of all rows added up; where results belong
    second, share              the second reading, of all rows or of some; errors as shares of their bounds
    truth                      all of that behind one function
    ulp                        exact values rounded to a format, and errors in units of the last place

    consistency, votes/        whether the elements of a row agree on what they share
    invariants, laws/          what holds of a result whatever its true value is
    faults/                    wrong rules as closed formulas, each with a bound of its own
    scale                      how large the numbers are that a result is made of
    added                      a loss of all rows together, from some rows at a time

The derivations are in README.md.
"""
