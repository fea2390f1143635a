"""Repeating a finding elsewhere: the smallest input that shows it, and a program that shows it without this harness.

::

    Comparison, Plan --repeats--> a Repeat for each fault and policy: snippet, upstream report, about
                        |
                        program   the call that shows a finding, or one row of it, and what is to be seen
                        |
                        snippet   one call of a framework as a program: torch_script, jax_script, mxnet_script,
                          |       numpy_script (each the same call that its adapter makes), put together by script;
                          |       kernel_script calls a file from outside, of which kernel knows where it lies and how
                          +-- literal   arrays with every bit      shown   the lines that print got and expected
                          +-- given     which arrays a quantity is made of
                          +-- drawn     long arrays that the plan drew, as the lines that draw them again
                        upstream  the report in Markdown           expected  the exact value, rounded once
                        earlier   what earlier runs made of the same, all that decides it being equal

    shrink: chosen faults --candidates--> smaller calls, recorded beside the framework (hunt), judged as cases are
                              smaller     rows and elements taken out of a call
                              symptom     what the finding on a smaller call must share with the one looked for
                        kept  the smallest that still shows it, on disk, for the next report

The programs know the calls of the adapters as text. A test runs both and compares all bits, for every op, parameter,
quantity, dtype and mode: whoever changes one changes the other.
"""
