"""Wrong rules of the softmax family as closed formulas: what a wrong result is held against, and what must be caught.

::

    evaluation     what is asked: a question, a quantity, its vectors, the kernel's arithmetic; and what comes back
    estimate       exact numbers with what a kernel may be off in them: the bound of any formula
    kinds          which ops and quantities have right rules of the same form
    fault          Fault: name, words, reason, rule
    setting        the rows of an evaluation, of which formulas are made
    formula        formulas as faults
    terms          terms that are missing, doubled, or those of the neighbouring rule
    dots           dot products over the wrong elements, or of the wrong row
    sums           forward results made of a wrong sum S
    losses         targets, rows that do not count, SoftmaxOutput's own factors
    rounding       sums in a coarser format, probabilities that are flushed, exponentials that overflow
    batches        losses of a batch that are added up in a coarse format
    scaled         the right answer times a factor
    elsewhere      the right rule, asked of the wrong thing: axis, temperature, mask, target, cotangent, x
    catalogue      all of them

A fault's answer has a rounding bound beside it, of a kernel that follows the wrong rule: the bound of the right rule
where that is asked of something else, running error analysis of the formula from the bound of the probabilities
elsewhere. So whether a result agrees with a fault is decided as whether it agrees with the truth.
"""

from __future__ import annotations

from reference.faults.catalogue import CATALOGUE
from reference.faults.evaluation import Answer, Evaluation
from reference.faults.fault import Fault

__all__ = ["CATALOGUE", "Answer", "Evaluation", "Fault"]
