//! model (interface to come)
