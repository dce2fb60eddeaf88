"""One suite per mart, in code: what door 3 expects of it. A released mart without a module here blocks its release."""
