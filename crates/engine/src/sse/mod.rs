//! sse (interface to come)
