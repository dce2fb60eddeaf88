"""Other places that a release is copied to, beside the home: a PostgreSQL database, a bucket.

Belongs here: copying the release that is current, table by table, and moving that place's own pointer last. Does not
belong here: making a release (``publishing.release``), or where the places are (``ingestion.target_settings``).
"""
