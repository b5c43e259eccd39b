"""What a command does, readable from top to bottom; every adapter is passed in.

sheets + mappings -> desired; API + ledger -> observed; diff -> plan -> (hold, approve) -> apply -> outcomes
"""
