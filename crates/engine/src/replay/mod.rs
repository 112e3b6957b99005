//! replay (interface to come)
