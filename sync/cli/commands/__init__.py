"""One module for each command, named like it; each is imported only when its command is called."""
