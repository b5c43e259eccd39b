"""A plan or a run as people and programs read it.

`facts` is what every format tells, worked out once; each format is one module: `terminal`, `document` (JSON).
`progress` is for who watches long work.
"""
