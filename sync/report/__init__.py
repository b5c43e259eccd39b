"""A plan or a run as people and programs read it.

`summary` is what every format shows, computed once; `plan_report` is what page, workbook and mail are made from. Each
format is one module or folder: `terminal`, `document` (JSON), `page`, `workbook`, `mail`. `progress` shows the progress
of long work.
"""
