"""Views: state computed from facts. No I/O, and no clock of their own."""

from obsd.views.settings import ViewSettings
from obsd.views.views import Views

__all__ = ["ViewSettings", "Views"]
