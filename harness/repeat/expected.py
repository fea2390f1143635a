"""What is right: the exact value of a quantity, correctly rounded to the dtype that it is due in."""

from __future__ import annotations

from harness.call import Call
from harness.compare.asked import Asked, result_format
from harness.vocabulary import Quantity
from reference.formats import Floats, format_named
from reference.truth import truth
from reference.ulp import rounded


def expected(call: Call, quantity: Quantity, *, dtype: str) -> Floats:
    """Return ``quantity`` of ``call`` rounded once to ``dtype``, as float64; a cotangent not given counts as ones."""
    result = result_format(call, returned=dtype)
    asked = Asked([call], result=result)
    found = truth(asked.question, quantity.value, **asked.vectors(quantity), working=result, accumulation=result)
    return rounded(found.value, format_named(dtype))
