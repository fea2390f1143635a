"""How far a correct kernel may stray: the pieces of every bound.

From the least to the largest::

    constants              the few numbers that are measured and not derived
    arithmetic             what a kernel computes in: the formats of its steps, of its sums, of what it stores
    growth                 how relative errors compound
    shift, reading         the logits as exp sees them; rows read at x and at the rounded x - max x
    remembered             what was read last
    perturbation           how far rounding moves the softmax of a row
    found                  the probabilities as a derivative finds them
    bounded                a value with the bound around it
    overflow               where a correct kernel may leave the range of its formats on the way
"""
