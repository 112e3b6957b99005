//! edit (interface to come)
