"""The oracle: what a careful registrar would want of every night, known before the engine is asked."""
