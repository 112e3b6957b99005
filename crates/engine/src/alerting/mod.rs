//! alerting (interface to come)
