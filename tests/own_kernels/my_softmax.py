import numpy as np


def softmax(x, axis):
    with np.errstate(all="ignore"):
        exponentials = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
        y = exponentials / exponentials.sum(axis=axis, keepdims=True)
    return y, y  # the output, and what softmax_vjp is handed as `saved`


def softmax_vjp(saved, cotangent, axis):
    y = saved
    with np.errstate(all="ignore"):
        return y * (cotangent - (y * cotangent).sum(axis=axis, keepdims=True))
