"""The commands, by what they are about; one module holds one group of them."""
