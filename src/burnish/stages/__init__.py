"""The steps of the pipeline, one file each, each ending in `STAGE = Stage(...)`."""
