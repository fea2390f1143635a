"""Everything that a person or a machine reads of a comparison.

::

    Comparison --accounts--> denominators: every evaluation in exactly one place
               --ranking---> findings, worst first
               --matrix----> cases x adapters, the worst outcome of each
               --sections--> the numbers of one case, side by side
                     |
                     +--> page       index.html: one file, nothing fetched
                     +--> summary    summary.md: a terminal, a CI job page
                     +--> listing    findings.json
                     +--> junit      junit.xml
                     +--> tabular    comparison.csv, comparison.parquet

The same comparison gives the same bytes. Nothing here judges: what is wrong was decided by ``harness.compare``.
"""
