//! archive (interface to come)
