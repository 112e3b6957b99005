//! runtime (interface to come)
