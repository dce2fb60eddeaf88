"""What others could work out of hidden figures from all that was ever shown, and hiding more until they cannot."""
