//! registry (interface to come)
