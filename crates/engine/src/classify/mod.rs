//! classify (interface to come)
