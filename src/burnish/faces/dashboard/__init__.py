"""The dashboard: pages over run folders, the registry and the request log."""
