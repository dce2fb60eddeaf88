"""Ways in: complete files from drop folders, SFTP and S3, and extracts from databases, into ``HOME/incoming``.

Whatever the way, what arrives is a plain file with a relative path, and goes through the inbox like any other.
"""
