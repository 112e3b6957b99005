//! bookmark (interface to come)
