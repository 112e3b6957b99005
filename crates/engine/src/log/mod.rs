//! log (interface to come)
