//! api (interface to come)
