"""The page's views: each turns what the recorder and the views know into one dataclass for its template."""
