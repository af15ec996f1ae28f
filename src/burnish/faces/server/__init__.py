"""A specialist behind HTTP: typed JSON, batches of concurrent requests, keys and limits, and a page to try it on."""
