"""Which reads to make, and what the answers say of the state of the site."""
