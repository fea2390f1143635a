"""How small relative errors compound: products of factors 1 + theta, exponentials of errors, errors of a divisor."""

from __future__ import annotations

from typing import Final

import numpy as np

from reference.formats import Floats

VACUOUS: Final = 1e300  # rather than infinity: times a probability of 0 it is 0
NOTHING: Final = np.zeros((1, 1))
"""The error of whatever does not err: one number that stands for rows of any shape, and takes no time."""
NOTHING.setflags(write=False)  # all bounds share it

_LARGEST_ARGUMENT: Final = 600.0  # of exp, beyond which nothing is said either
_SMALL: Final = 2.0**-10  # of its argument: below, exp(x) - 1 is taken for x + x^2, at most 1 in 2000 more
_ROUNDINGS: Final = 1.01  # log(1 / (1 - u)) over u, for the coarsest format, and more


def growth(relative: Floats) -> Floats:
    """Return G(r) = r / (1 - r); for r >= 1, where nothing can be said, a number beyond every format's range."""
    with np.errstate(divide="ignore"):
        return np.where(relative < 1.0, relative / (1.0 - relative), VACUOUS)


def exponential(error: Floats) -> Floats:
    """Return the bound of |exp(theta) - 1| for |theta| <= error: of an argument of exp, or of many small roundings."""
    argument = _ROUNDINGS * error
    small = np.asarray(argument < _SMALL)
    with np.errstate(over="ignore", invalid="ignore"):
        near = argument * (1.0 + argument)
        if small.all():  # which saves most of the time, and changes no bit
            return np.asarray(near)
        far = np.where(argument < _LARGEST_ARGUMENT, np.expm1(np.minimum(argument, _LARGEST_ARGUMENT)), VACUOUS)
        return np.where(small, near, far)


def grown(own: Floats, shared: Floats) -> Floats:
    """Return the bound of the relative error of a number that errs by ``own`` itself, and by ``shared`` with its row.

    ``own`` is of arguments of exp and of single roundings, ``shared`` of the row's sum, by which it is divided.
    """
    together = own + shared
    near = growth(np.minimum(together, 0.5))
    of_sum = growth(np.asarray(shared))
    far = compounded(exponential(own), np.minimum(of_sum, VACUOUS / 1e280))
    return np.where(together < 0.5, near, np.where(of_sum >= VACUOUS, VACUOUS, far))


def compounded(one: Floats, other: Floats) -> Floats:
    """Return the relative error of a product whose factors have these."""
    return np.minimum(one + (1.0 + one) * other, VACUOUS)
