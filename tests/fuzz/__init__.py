"""Mutated input against everything that reads what others write."""
