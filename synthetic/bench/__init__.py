"""The bench: whole nights as processes of their own, against the same work as bare SQL."""
