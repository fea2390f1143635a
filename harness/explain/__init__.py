"""An answer in seconds: one question in words, answered without a framework, a plan or a recording.

::

    words of the command line  --pasted--> who printed them, and their dtype
                              --reading--> numbers as they were written
                               --inputs--> what their digits leave open
                              --question--> a problem, its arguments rounded once, as a plan would round them
                              --answer--> the exact numbers, why a derivative is zero
                                --worth--> what the person's own result is worth, by as many digits as it has
                                 --text--> what the terminal shows; judged: whether it is right, wrong or neither

NumPy and click are all that is needed. Nothing here judges: bounds, findings and their sentences are those of
``harness.compare``, so that a case, a page and the terminal say the same of the same numbers.
"""
