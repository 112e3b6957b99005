//! classified (interface to come)
