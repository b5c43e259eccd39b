"""One module for each command, named after it; each is imported only when its command is called."""
