import numpy as np

from harness.adapters.contract import Adapter, Description, Precision
from harness.vocabulary import DType, Mode, Op, Quantity


class MyKernel(Adapter):
    name = "my-class"  # names its recordings, and its column in the report
    modes = (Mode.EAGER,)
    ops = (Op.SOFTMAX,)
    dtypes = (DType.FLOAT16, DType.FLOAT32)

    def describe(self):
        return Description(framework="My kernel", version="0.1", device="cpu", threads=1)

    def unsupported(self, call, quantity):
        if call.temperature is not None or call.result_dtype is not None:
            return "the kernel takes neither a temperature nor a dtype for its result"
        if quantity is Quantity.VJP and call.cotangent is None:
            return "the kernel's backward takes a cotangent"
        return None

    def precision(self, call, quantity):
        return Precision(working=DType.FLOAT32, accumulation=DType.FLOAT32)

    def forward(self, call):
        with np.errstate(all="ignore"):
            x = call.x.astype(np.float32)
            exponentials = np.exp(x - x.max(axis=call.axis, keepdims=True, initial=-np.inf))
            y = exponentials / exponentials.sum(axis=call.axis, keepdims=True)
            return y.astype(call.x.dtype), y

    def vjp(self, call, *, saved):
        with np.errstate(all="ignore"):
            v = call.cotangent.astype(np.float32)
            gradient = saved * (v - (saved * v).sum(axis=call.axis, keepdims=True))
            return gradient.astype(call.x.dtype)
