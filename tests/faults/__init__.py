"""Real processes under faults: whatever happens to a run, the commands an operator is told end it well.

    python -m tests.faults --seed 1 --cases 300

Each case is drawn from the seed: what is run, what happens to it, and when. Engine and sandbox are processes of their
own, forked from one that has imported everything, since starting Python would take most of the time. A case ends well
if exit codes are what the contract says, site and store are as after an undisturbed run, and nobody was removed who
should have stayed.
"""
