"""Judgements of earlier runs, taken over where everything that decided them is equal.

::

    problems, entries --keys--> a digest per problem --cabinet--> what was judged under it
    judge      the code that judges, its NumPy and its processor: a part of every key
    judgement  what is kept of one problem, as JSON
    memory     what one run finds and keeps: problems, groups of equivalent calls, exhibits
    cabinet    where it lies: one file, believed entry by entry
    whole      a comparison as a whole: whether it would come out as the one that is there

A key is made of content, never of a date or a place. So nothing has to be declared out of date: what would be judged
otherwise has another key, and is not found.
"""
