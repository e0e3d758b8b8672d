"""The doors: servicers, conversion between proto and domain, error mapping, paging, watch."""
