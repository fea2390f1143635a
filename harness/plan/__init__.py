"""Case files to a plan: the only place where random numbers are drawn and numbers are rounded.

::

    cases/*.yaml --document--> Source --case--> Case --expand--> Problem --library--> Plan --store--> disk
                  (YAML, with places)  |          |                (select, signatures)    (codec, callcodec, digest)
                                       |          uses, limits: what cannot be asked, known before arrays are made
                                       |          forms, vectors, operands: arrays, not yet of any dtype
                                       words, scalars, grammar: the format

    written, npyfile, given   what an author gives: items written out, files, rules
    number, carrier, draw     what is rounded once, to which bits, and what is drawn
    arrays                    each array of a case, made once
    room                      where it lies until the plan is written: a large one on the disk
    probe                     cotangents for a case whose own ones prove nothing
    faults, diagnosis         what is wrong with the files, where, and what would be right
    schema                    the format, for editors
    reader, kept              files one after the other, or what earlier runs made of them where they have not changed
    outline, part             what a plan asks, without its arrays; some of its problems, without the others

``problem``, ``plan``, ``outline``, ``part``, ``codec``, ``callcodec``, ``digest``, ``signatures``, ``probe`` and
``store`` need NumPy alone: they also run in the environments of the frameworks, where no YAML is read.
"""
