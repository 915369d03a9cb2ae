"""The generated API, built from proto/obsd/v1 at installation; never edited, never checked in."""
