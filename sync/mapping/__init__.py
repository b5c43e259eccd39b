"""Mapping files: what the columns of a sheet mean, and the rows of a resource made from them."""
