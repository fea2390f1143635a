"""The words that stages share, each spelled once: a closed set that more than one of them speaks of is an enum here."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum

from reference.ops import FAMILY, LOGARITHMS, PROBABILITIES


class Op(StrEnum):
    """A function of the softmax family, applied along one axis."""

    SOFTMAX = "softmax"
    LOG_SOFTMAX = "log_softmax"
    SOFTMIN = "softmin"  # softmax of -x
    LOGSUMEXP = "logsumexp"
    MASKED_SOFTMAX = "masked_softmax"  # softmax among the elements that a mask, or a valid length, keeps
    MASKED_LOG_SOFTMAX = "masked_log_softmax"
    CROSS_ENTROPY = "cross_entropy"  # from logits, of class indices or of probabilities
    SOFTMAX_OUTPUT = "softmax_output"  # MXNet's: softmax forwards, the gradient of a cross entropy backwards

    @property
    def masked(self) -> bool:
        """Whether a call of it has a mask, or valid lengths."""
        return FAMILY[self.value].masked

    @property
    def has_targets(self) -> bool:
        """Whether a call of it has targets."""
        return FAMILY[self.value].targets

    @property
    def tempered(self) -> bool:
        """Whether a call of it may have a temperature."""
        return FAMILY[self.value].tempered

    @property
    def negated(self) -> bool:
        """Whether it is an op of -x."""
        return FAMILY[self.value].negated

    @property
    def gives_probabilities(self) -> bool:
        """Whether its outputs are probabilities, and its gradients theirs, as those of SoftmaxOutput are not."""
        return self.value in PROBABILITIES

    @property
    def gives_logarithms(self) -> bool:
        """Whether its outputs are logarithms of probabilities."""
        return self.value in LOGARITHMS

    @property
    def reduces(self) -> bool:
        """Whether its output lacks the axis along which it is applied."""
        return self in (Op.LOGSUMEXP, Op.CROSS_ENTROPY)


class DType(StrEnum):
    """The dtype of a primal, or of what is computed of it."""

    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    INT32 = "int32"

    @property
    def floating(self) -> bool:
        """Whether derivatives by numbers of this dtype exist."""
        return self is not DType.INT32

    @property
    def carrier(self) -> str:
        """The NumPy dtype of arrays of it: NumPy itself has no bfloat16, whose bits travel as uint16."""
        return "uint16" if self is DType.BFLOAT16 else self.value


class Mode(StrEnum):
    """How a framework executes a call."""

    DEFAULT = "default"  # the way people run that framework: jit for JAX, eager for PyTorch and MXNet
    EAGER = "eager"
    JIT = "jit"
    NUMPY = "numpy"  # eager, through the second interface of a framework that has two: MXNet's mx.np and mx.npx
    SAFE_ACCUMULATION = "safe-accumulation"  # eager, with MXNet's switch for wider sums on


class Quantity(StrEnum):
    """What is computed of an op at its primal."""

    FORWARD = "forward"
    VJP = "vjp"
    JVP = "jvp"
    JACOBIAN = "jacobian"
    HVP = "hvp"  # the vjp of the vjp: the Hessian of <cotangent, output>, times the tangent


class Reduction(StrEnum):
    """What becomes of the losses of a batch."""

    NONE = "none"
    SUM = "sum"
    MEAN = "mean"  # over those that are not ignored


class Normalization(StrEnum):
    """What MXNet's SoftmaxOutput divides its gradient by."""

    NULL = "null"  # nothing
    BATCH = "batch"  # the length of the first axis
    VALID = "valid"  # the number of targets that are not ignored


class Form(StrEnum):
    """A way of computing that rounds more than the usual ones, and that a kernel therefore has to declare."""

    FOLDED_SCALE = "folded-scale"  # exp(x - m) as exp2(c x - c m): the products are rounded before they cancel
    RECOMPUTED = "recomputed"  # a backward that recomputes probabilities as exp(x - lse) from a stored lse
    LOG_SUM_EXP = "x-minus-lse"  # log_softmax as x - fl(max x + log S), softmax as exp of that or of log_softmax
    ONLINE = "online"  # numerators and their sum are rescaled, in one pass, whenever the running maximum grows


class Circumstance(StrEnum):
    """What is true of a call, or of a result, where a known difference happens."""

    HEAD_UNDER_MASK = "head-under-the-mask"  # the cotangent is not zero where the mask hides the output
    ONLY_UNDER_MASK = "only-under-the-mask"  # whatever is wrong stands where the mask hides the output
    VALUE_INFINITE = "value-infinite"  # the exact value of the element is an infinity
    SUM_OVERFLOWS = "sum-overflows"  # the sum of the exponentials is beyond the largest number of the dtype of x
    SQUARE_OVERFLOWS = "square-of-the-sum-overflows"
    CUBE_OVERFLOWS = "cube-of-the-sum-overflows"
    VECTOR_SUM_OVERFLOWS = "vector-sum-overflows"  # the sum of the sizes of the cotangent, for a jvp of the tangent, is
    QUOTIENT_ROUNDS = "quotient-rounds"  # x / T, T no power of two, is rounded by more than an eighth


class Outcome(StrEnum):
    """What became of one evaluation (adapter x problem x quantity), in the order in which it is decided."""

    NOT_RUN = "not run"
    MISSING = "missing"
    CRASHED = "crashed"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    RAISED = "raised"
    UNSUPPORTED = "unsupported"
    SHAPE = "shape"
    DTYPE = "dtype"
    INPUT_CHANGED = "input changed"
    NONFINITE_PATTERN = "nonfinite pattern"
    SIGN_OF_INFINITY = "sign of an infinity"
    BEYOND_BOUND = "beyond bound"
    OUTSIDE_RANGE = "outside the bound's range"
    WITHIN_BOUND = "within bound"
    EXACT = "exact"

    @property
    def judged(self) -> bool:
        """Whether a number came back and was held against the oracle."""
        return self in _JUDGED

    @property
    def agreed(self) -> bool:
        """Whether what came back is what a correct kernel may return."""
        return self in (Outcome.WITHIN_BOUND, Outcome.EXACT)


_JUDGED = frozenset(
    {
        Outcome.NONFINITE_PATTERN,
        Outcome.SIGN_OF_INFINITY,
        Outcome.BEYOND_BOUND,
        Outcome.WITHIN_BOUND,
        Outcome.EXACT,
    }
)


class Level(StrEnum):
    """How much a finding weighs. Only an explanation never fails a run."""

    FAULT = "fault"  # somebody's result is wrong, or a result that was asked for did not come
    POLICY = "policy"  # frameworks answer differently where no answer is the true one
    EXPLANATION = "explanation"  # correct, and surprising enough to need a sentence


class FindingKind(Enum):
    """The stable names of findings; ``value`` is the name used in cases, ledger and ``findings.json``."""

    # explanations: a gradient that is zero, and rightly so
    SUMMED_OUTPUT = "summed-output-zero-gradient"
    ZERO_COTANGENT = "zero-cotangent"
    LENGTH_ONE_AXIS = "length-one-axis-zero-gradient"
    SATURATED = "saturated-zero-gradient"
    STATIONARY = "stationary-point-zero-gradient"
    EMPTY = "nothing-to-differentiate"
    ALL_MASKED = "everything-masked-zero-gradient"
    UNDERFLOW = "underflow-zero-gradient"
    WITHIN_ROUNDING = "within-rounding-zero-gradient"
    # explanations: a number that is zero, and rightly so, though its true value is a number of the dtype
    FLUSHED = "subnormal-flushed-to-zero"
    # explanations: a gradient that is not what its cotangent asks for, and is documented to be so
    COTANGENT_IGNORED = "cotangent-ignored"
    # explanations: what a check cannot show
    DEGENERATE = "degenerate-cotangent"
    # policies
    IMPLICIT_REFUSED = "implicit-cotangent-refused"
    SHAPE_REFUSED = "shape-refused"
    UNDEFINED_ROW = "undefined-row-policy"
    # faults
    BEYOND_BOUND = "beyond-bound"
    INCONSISTENT_ROW = "inconsistent-row"
    SUM_NOT_ONE = "probabilities-do-not-sum-to-one"
    POSITIVE_LOG = "positive-log-probability"
    VJP_SUM_NOT_ZERO = "vjp-does-not-sum-to-zero"
    ASYMMETRIC = "asymmetric-jacobian"
    BEYOND_EXTREMES = "beyond-the-extremes-of-its-row"
    SHIFT_SEEN = "common-shift-changes-the-result"
    NONFINITE = "nonfinite-pattern"
    INFINITY_SIGN = "sign-of-infinity"
    ZERO_RULE = "zero-returned-for-nonzero-gradient"
    WRONG_SHAPE = "wrong-shape"
    WRONG_DTYPE = "wrong-dtype"
    INPUT_CHANGED = "input-changed"
    RAISED = "raised"
    CRASHED = "crashed"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    MISSING = "missing-result"
    PRINTED_VALUE = "printed-value-differs"
    # faults of the case file or the ledger, not of a framework
    EXPECTED_ABSENT = "expected-finding-absent"
    LEDGER_STALE = "ledger-entry-stale"

    @property
    def level(self) -> Level:
        """The level of every finding of this kind."""
        if self in _EXPLANATIONS:
            return Level.EXPLANATION
        if self in _POLICIES:
            return Level.POLICY
        return Level.FAULT


_EXPLANATIONS = frozenset(
    {
        FindingKind.SUMMED_OUTPUT,
        FindingKind.ZERO_COTANGENT,
        FindingKind.LENGTH_ONE_AXIS,
        FindingKind.SATURATED,
        FindingKind.STATIONARY,
        FindingKind.EMPTY,
        FindingKind.ALL_MASKED,
        FindingKind.UNDERFLOW,
        FindingKind.WITHIN_ROUNDING,
        FindingKind.FLUSHED,
        FindingKind.COTANGENT_IGNORED,
        FindingKind.DEGENERATE,
    }
)
_POLICIES = frozenset({FindingKind.IMPLICIT_REFUSED, FindingKind.SHAPE_REFUSED, FindingKind.UNDEFINED_ROW})


class Exit(IntEnum):
    """What a run of the command line means to the shell or the CI that started it."""

    AGREED = 0  # every result agrees, or differs as the case or the ledger says
    FINDINGS = 1  # unexpected findings
    USAGE = 2  # the command line itself is wrong (click uses the same number)
    NOT_RUN = 3  # a required adapter did not run, or nothing was judged
    BAD_CASES = 65  # a case file is wrong (EX_DATAERR)
    OUR_FAULT = 70  # a fault of the harness (EX_SOFTWARE)
    INTERRUPTED = 130  # Ctrl-C
