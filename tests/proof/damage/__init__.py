"""Kinds of damage to exports, each made by script from good ones, each with what is right."""
