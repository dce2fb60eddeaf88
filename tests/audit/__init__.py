"""What `make audit` looks at beside the tools themselves: which licences a runtime package may have, and which known
vulnerabilities are accepted until when."""
