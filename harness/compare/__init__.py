"""Recordings and plan to verdicts and findings: the only place that judges.

::

    plan, recordings --gather--> compare --docket--> judge, measure --> Verdict: one per adapter x problem x quantity
                                    |         |        |
                                    |         |     assessment: a result with its verdict, and all that made it
                                    |       kept: what earlier runs judged of equal content, by an equal judge
                                    |                  |
                                    |                stacking, results: problems judged together, and their results
                                    |                oracle: truth of a stack of problems, whose rows are independent
                                    |                large, whole: a large problem part by part; toolarge: or not at all
                                    |                added: the truth of one number for all rows, from parts of them
                                    |                laws, shifts: what holds whatever the logits are
                                    |                accuracy: errors in ulps and eps, to be added up over results
                                    |
                                    +--findings, laws, zeros, ignored, printed--> Finding: what deserves a sentence
                                    |    +--naming--> which fault of the catalogue a wrong result agrees with
                                    +--excuse--> which of them the case expects, or the ledger knows
                                    +--pairing--> Pairs: two adapters at a time, and calls that are equivalent
                                    +--exhibits--> exhibit: one row of a case, laid out for a person
                                    |
                                 comparison --store--> comparison.json
                                              --table--> pandas

``inputs`` reads the plan and each recording once, where one likes before all of them are there.
``docket`` hands out stacks of problems, to this process or to copies of it; ``stack`` judges one, for every adapter.
``asked`` is where calls become questions about exact numbers: behind it every array is float64, with the name of the
format of its numbers beside it. The numbers come from ``reference``: the exact value, the bound around it, the row
test, and the laws.
"""
