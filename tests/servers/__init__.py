"""Real servers for tests, each once a session, on a free port of the loopback and in a folder of its own.

A server that the machine lacks skips the tests that need it, and says what to install; in CI it fails them. Before
anything is written, each fixture makes sure that who answers is the server that it started.
"""
