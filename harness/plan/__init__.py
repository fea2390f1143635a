"""Case files to a plan: the only place where random numbers are drawn and numbers are rounded.

::

    cases/*.yaml --document--> Source --case, grammar--> Case --expand--> Problem --library--> Plan --store--> disk
                  (YAML, with places)   (the format)     |                (select, signatures)        (codec, digest)
                                            forms, written, vectors: arrays, not yet of any dtype
                                            number, draw: what is rounded once, and what is drawn

    probe                cotangents for a case whose own ones prove nothing
    faults, diagnosis    what is wrong with the files, where, and what would be right
    schema               the format, for editors

``problem``, ``plan``, ``codec``, ``digest``, ``signatures`` and ``store`` need NumPy alone: they also run in the
environments of the frameworks, where no YAML is read.
"""
