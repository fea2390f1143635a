"""Everything that a person or a machine reads of a comparison.

::

    Comparison --accounts--> denominators: every evaluation in exactly one place
               --ranking---> findings, worst first; causes: one message for what one cause did to many problems
               --matrix----> cases x adapters, the worst outcome of each
               --facets----> what the cases can be filtered by
               --sections--> the numbers of one case, side by side
               --errors----> how large errors are, by adapter, op, quantity and dtype; accuracy, lengths: as pictures
               --pairwise--> two adapters at a time, and equivalent calls
               --coverage--> op x quantity x dtype: what was tried; unverified: what was not
                     |
                     +--> page          index.html: one file, nothing fetched
                     +--> summary       summary.md: a terminal, a CI job page
                     +--> accuracytext  accuracy.md, accuracy.csv
                     +--> listing       findings.json
                     +--> junit         junit.xml
                     +--> tabular       comparison.csv, comparison.parquet
                     +--> explanation   one case in plain text: findings (findingtext), its row (rowtext)

The same comparison gives the same bytes. Nothing here judges: what is wrong was decided by ``harness.compare``.
"""
