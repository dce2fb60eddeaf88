"""The quality page: every rule, district and night, as a page that stands alone."""
