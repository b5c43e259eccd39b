"""What a command does, readable from top to bottom; every adapter is handed in."""
