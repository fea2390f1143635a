"""Recordings and plan to verdicts and findings: the only place that judges.

::

    plan, recordings --gather--> compare --docket--> judge, measure --> Verdict: one per adapter x problem x quantity
                                    |                  |
                                    |                oracle: truth of a stack of problems, whose rows are independent
                                    |
                                    +--findings, zero, printed--> Finding: what deserves a sentence
                                    +--excuse--> which of them the case expects, or the ledger knows
                                    +--exhibit--> one row of a case, laid out for a person
                                    |
                                 comparison --store--> comparison.json
                                              --table--> pandas

The numbers come from ``reference``: the exact value, the bound around it, and the row test.
"""
