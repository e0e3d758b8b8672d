"""The doors: servicers, conversion between wire and domain, errors."""
