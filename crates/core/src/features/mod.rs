//! features (interface to come)
