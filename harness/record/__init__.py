"""Recording: run one adapter over a plan, and keep what came back. Nothing is judged here.

::

    runner       one run, from the command to the manifest
      resume     may what is there be continued?
      takeover   what of it answers this plan too
      remembered what the adapter said of itself, so that it need not be asked
      lock       one recorder per recording
      crew       the processes, one after the other, until every evaluation has its entry
        child    one process, seen by its parent
        opening  its first words: ready, or why not
        watch    its progress, clock, memory and death
          whereabouts  at which evaluation it is
          words        what it said there
          memory       which both of them see
        worker   the same process, from inside
        ahead    a second one, that has compiled what the first comes to
        foreseen what an evaluation needs at least
        evaluate one evaluation
          computed what comes back of a call
            handing  copies of the inputs
      surroundings   machine, flags and packages
      compiled   what a framework need not compile again
      ownsource      the recorder itself
    elsewhere    the same in another interpreter

    recording    what a recording says
    origin       where the adapter was found, and which Python ran it
    profile      what a file with a kernel says of itself, for a program that calls it
    store        where it is kept: header, segments, manifest
      segment    some entries, whole or not at all
      codec      as JSON values
"""
