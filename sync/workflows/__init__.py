"""What a command does, readable top to bottom; every adapter is handed in.

sheets + mappings -> desired; API + ledger -> observed; diff -> plan -> (hold, approve) -> apply -> outcomes
"""
