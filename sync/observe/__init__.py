"""Which reads to make, and what the answers say about the state of the site."""
