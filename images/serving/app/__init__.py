"""Serves the champion over HTTP: the answers of the embedded API, from FastAPI and the wheel of the core."""
