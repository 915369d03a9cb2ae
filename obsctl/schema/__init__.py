"""The objects of `--json` as types: every key with its type and meaning. Schemas and the reference are made of them."""
