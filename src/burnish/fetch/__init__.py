"""Getting pinned files from elsewhere, resumable and checked by sha256, into the user's cache."""
