"""Tell a rounding error from a wrong gradient: softmax and its derivatives, framework by framework.

The data flows one way, and the tree is named after it::

    cases/*.yaml --plan--> problems and exact input bits
                              |
          record  (one process and one environment per adapter)
                              |
                           compare --> oracle, bounds, verdicts, findings
                              |
                            report --> index.html  summary.md  comparison.*  findings.json  junit.xml

Imports run the other way: ``cli > report > compare > record > adapters | plan > call > vocabulary``.
The mathematics (reference formulas, oracle, rounding bounds) is the package ``reference``, which imports nothing of
this one.
"""

from __future__ import annotations

__version__ = "0.1.0"
