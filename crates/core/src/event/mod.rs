//! event (interface to come)
